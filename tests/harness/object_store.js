// An S3-compatible object store with TLS, and with moods: s3rver from npm behind a door that can misbehave.
//
//   node object_store.js MODULES FOLDER CERTIFICATE KEY BUCKET
//
// It says its port, then serves until it is killed. FOLDER/mood is read with each request: "ok", "errors" (500 for all),
// "slow" (each answer takes half a second longer), "silent" (no answer ever), "refuses" (403 for all).
const fs = require('fs');
const https = require('https');
const path = require('path');

const [modules, folder, certificate, key, bucket] = process.argv.slice(2);
const S3rver = require(path.join(modules, 'node_modules', 's3rver'));

const {DUMMY_ACCOUNT} = require(path.join(modules, 'node_modules', 's3rver', 'lib', 'models', 'account'));
DUMMY_ACCOUNT.createKeyPair(process.env.AWS_ACCESS_KEY_ID, process.env.AWS_SECRET_ACCESS_KEY);

const SLOW_MS = 500;
const store = new S3rver({
  directory: path.join(folder, 'objects'), silent: true, vhostBuckets: false, configureBuckets: [{name: bucket}],
});
const serve = store.callback();

// s3rver leaves out folders that have nothing but folders in them: what a delimiter stands for is made here.
const listed = store.store.listObjects.bind(store.store);
store.store.listObjects = async (from, options) => {
  const {delimiter, prefix = ''} = options;
  if (!delimiter) return listed(from, options);
  const {objects} = await listed(from, {...options, delimiter: '', maxKeys: Infinity});
  const commonPrefixes = new Set();
  const directly = objects.filter(({key}) => {
    const end = key.indexOf(delimiter, prefix.length);
    if (end >= 0) commonPrefixes.add(key.slice(0, end + delimiter.length));
    return end < 0;
  });
  return {objects: directly, commonPrefixes: [...commonPrefixes].sort(), isTruncated: false};
};

function fail(request, response, status, code) {
  request.resume();
  request.on('end', () => {
    response.writeHead(status, {'content-type': 'application/xml'});
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>the test wants it so</Message></Error>`);
  });
}

const moods = {
  ok: serve,
  errors: (request, response) => fail(request, response, 500, 'InternalError'),
  refuses: (request, response) => fail(request, response, 403, 'InvalidAccessKeyId'),
  slow: (request, response) => setTimeout(() => serve(request, response), SLOW_MS),
  silent: () => {},
};

const door = https.createServer({cert: fs.readFileSync(certificate), key: fs.readFileSync(key)}, (request, response) => {
  const mood = fs.readFileSync(path.join(folder, 'mood'), 'utf8').trim();
  fs.appendFileSync(path.join(folder, 'requests'), `${mood} ${request.method} ${request.url}\n`);
  moods[mood](request, response);
});
store.configureBuckets().then(() => door.listen(0, '127.0.0.1', () => console.log(door.address().port)));
