// node-postgres as people use it: a pool whose clients run named queries, and one client that listens. See ../driver.py
// for what it prints.
'use strict'

const readline = require('node:readline')
const timers = require('node:timers/promises')
const { Client, Pool } = require('pg')

const POOLED = 3
const REST = 10 // ms between two rows
const OFTEN = 3
const SETUP = process.env.SETUP.split('\n')
const SESSION = process.env.SESSION
const INSERT = { name: 'add order', text: 'INSERT INTO orders (client, n) VALUES ($1, $2)' }
const options = {
  // As libpq's sslmode=require: node-postgres would check the certificate.
  ssl: process.env.PGSSLMODE === 'require' ? { rejectUnauthorized: false } : false,
  enableChannelBinding: true,
}

const say = (event, more) => console.log(JSON.stringify({ event, ...more }))
const notified = {}
let over = false

async function begin(client, name) {
  client.orders = { name, number: 0 }
  notified[name] = []
  client.on('notification', (message) => notified[name].push(message.payload))
  for (const statement of SETUP) await client.query(statement.replaceAll('CLIENT', name))
}

async function write(client) {
  const { name } = client.orders
  const n = ++client.orders.number
  await client.query({ ...INSERT, values: [name, n] })
  say('row', { client: name, n })
}

async function transact(client) {
  await client.query('BEGIN')
  await client.query({ ...INSERT, values: ['nobody', 0] })
  await client.query('ROLLBACK')
}

async function sessionOf(client) {
  return [client.orders.name, (await client.query(SESSION)).rows[0].json_build_object]
}

async function work(pool) {
  while (!over) {
    const client = await pool.connect()
    try {
      await transact(client)
      await write(client)
    } finally {
      client.release()
    }
    await timers.setTimeout(REST)
  }
}

// All clients of the pool at once, so that each is seen.
async function withAll(pool, act) {
  const held = []
  for (let i = 0; i < POOLED; i++) held.push(await pool.connect())
  const answers = []
  for (const client of held) answers.push(await act(client))
  for (const client of held) client.release()
  return answers
}

async function main() {
  const pool = new Pool({ ...options, max: POOLED, idleTimeoutMillis: 0 })
  let connected = 0
  pool.on('connect', () => connected++)
  pool.on('error', (error) => { throw error })
  const listener = new Client(options)
  listener.on('error', (error) => { throw error })
  listener.on('end', () => { if (!over) throw new Error('the listening client has lost its connection') })
  await listener.connect()
  await begin(listener, 'listener')
  await withAll(pool, (client) => begin(client, `pooled${client.processID}`))
  for (let i = 0; i < OFTEN; i++) {
    await write(listener)
    await withAll(pool, write)
  }
  const sessions = async () => Object.fromEntries([await sessionOf(listener), ...(await withAll(pool, sessionOf))])
  say('ready', { sessions: await sessions() })

  const input = readline.createInterface({ input: process.stdin })
  input.on('close', () => { over = true })
  const listen = async () => {
    while (!over) {
      await write(listener)
      await timers.setTimeout(REST)
    }
  }
  await Promise.all([listen(), ...Array.from({ length: POOLED }, () => work(pool))])
  if (connected !== POOLED) throw new Error(`the pool had to connect ${connected - POOLED} times more`)
  say('end', { sessions: await sessions(), notified })
  await listener.end()
  await pool.end()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
