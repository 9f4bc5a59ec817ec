// pack.mjs DIST FILE: the built files, plain and compressed, as one C++ source: src/server/dashboard.hpp.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const [dist, target] = process.argv.slice(2)
const LARGEST_FIRST_LOAD = 200 * 1024

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort()

// Three octal digits end by themselves: what follows cannot be taken for a part of them.
const literal = (bytes) => {
  let text = ''
  for (const byte of bytes)
    text +=
      byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63
        ? String.fromCharCode(byte)
        : '\\' + byte.toString(8).padStart(3, '0')
  return `std::string_view{"${text}", ${bytes.length}}`
}

let total = 0
const rows = files.map((file) => {
  const plain = readFileSync(file)
  const gzip = gzipSync(plain, { level: 9 })
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } })
  const etag = '"' + createHash('sha256').update(plain).digest('hex').slice(0, 24) + '"'
  const type = TYPES[extname(file)]
  if (!type) throw new Error(`${file}: no media type is known for it`)
  total += gzip.length
  const texts = ['/' + relative(dist, file), type, etag].map((text) => literal(Buffer.from(text)))
  return `    {${[...texts, ...[plain, gzip, brotli].map(literal)].join(',\n     ')}},\n`
})
if (total > LARGEST_FIRST_LOAD) throw new Error(`the dashboard has ${total} bytes compressed: more than 200 KiB`)

writeFileSync(
  target,
  `#include "server/dashboard.hpp"

namespace pgbaton::server {
namespace {
constexpr DashboardFile kFiles[] = {
${rows.join('')}};
}  // namespace
std::span<const DashboardFile> dashboard_files() { return kFiles; }
}  // namespace pgbaton::server
`,
)
console.log(`dashboard: ${files.length} files, ${Math.ceil(total / 1024)} KiB with gzip`)
