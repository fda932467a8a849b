// The AT Protocol reference servers on loopback: one PLC directory and PDSs that publish to it, in one process.
//
// Arguments: the folder of the installed packages, and an empty folder for data. Then JSON commands on standard input,
// one a line, each answered by one line: {"ok": value} or {"error": text}. The process ends with its standard input.
//
// Nothing here may listen on other interfaces than loopback, which is why the servers' own start() is not used.

import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const [, , packages, data] = process.argv
const require = createRequire(path.join(path.resolve(packages), 'package.json'))
const { Database, PlcServer } = require('@did-plc/server')
const { PDS, envToCfg, envToSecrets } = require('@atproto/pds')

const SUITES = { zQ3s: 'secp256k1-2019', zDna: 'ecdsa-2019' }

const state = { plc: undefined, modern: false, pds: {}, mails: [] }

const listening = (server) => new Promise((resolve, reject) => server.on('listening', resolve).on('error', reject))

// The package on npm is older than the public directory, whose documents have another shape: see `modernDocument`.
async function startPlc({ port }) {
  const plc = PlcServer.create({ db: Database.mock(), port })
  const server = http.createServer((request, response) => {
    const did = request.method === 'GET' && /^\/(did:plc:[a-z2-7]+)$/.exec(request.url)?.[1]
    if (did && state.modern) answerModern(port, did, response)
    else plc.app(request, response)
  })
  server.listen(port, '127.0.0.1')
  await listening(server)
  state.plc = `http://localhost:${port}`
  return state.plc
}

async function answerModern(port, did, response) {
  const answer = await fetch(`http://localhost:${port}/${did}/data`)
  const body = await answer.json()
  response.writeHead(answer.status, { 'content-type': answer.ok ? 'application/did+ld+json' : 'application/json' })
  response.end(JSON.stringify(answer.ok ? modernDocument(body) : body))
}

// As the public directory has rendered documents since 2023: absolute ids, and keys of type Multikey.
function modernDocument({ did, verificationMethods, alsoKnownAs, services }) {
  const keys = Object.entries(verificationMethods).map(([name, key]) => [name, key.slice('did:key:'.length)])
  const suites = new Set(keys.map(([, key]) => SUITES[key.slice(0, 4)]).filter(Boolean))
  return {
    '@context': [
      'https://www.w3.org/ns/did/v1',
      'https://w3id.org/security/multikey/v1',
      ...[...suites].map((suite) => `https://w3id.org/security/suites/${suite}/v1`),
    ],
    id: did,
    alsoKnownAs,
    verificationMethod: keys.map(([name, key]) => ({
      id: `${did}#${name}`,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: key,
    })),
    service: Object.entries(services).map(([name, { type, endpoint }]) => ({
      id: `#${name}`,
      type,
      serviceEndpoint: endpoint,
    })),
  }
}

// `name` is the handle domain without its dot. The one called "test" is did:web:localhost, the others did:web:<name>.
async function startPds({ name, port, adminPassword }) {
  const folder = path.join(data, name)
  const blobs = path.join(folder, 'blobs')
  mkdirSync(blobs, { recursive: true })
  const environment = {
    port,
    hostname: 'localhost',
    devMode: true,
    dataDirectory: folder,
    blobstoreDiskLocation: blobs,
    didPlcUrl: state.plc,
    didCacheStaleTTL: 0, // what changes in the directory behind its back is seen at once
    didCacheMaxTTL: 0,
    inviteRequired: false,
    jwtSecret: randomBytes(16).toString('hex'),
    adminPassword,
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    serviceHandleDomains: [`.${name}`],
    ...(name === 'test' ? {} : { serviceDid: `did:web:${name}` }),
  }
  const pds = await PDS.create(envToCfg(environment), envToSecrets(environment))
  const { transporter } = pds.ctx.mailer
  const send = transporter.sendMail.bind(transporter)
  transporter.sendMail = (mail) => {
    state.mails.push({ to: mail.to, subject: mail.subject, body: mail.html ?? mail.text })
    return send(mail)
  }
  await pds.ctx.sequencer.start()
  await listening(pds.app.listen(port, '127.0.0.1'))
  state.pds[name] = pds
  return `http://localhost:${port}`
}

// Replaces the DPoP nonces of a PDS by ones that change every so many milliseconds (by default: as they do elsewhere).
function setNonces({ name, milliseconds }) {
  const manager = state.pds[name].ctx.oauthProvider.dpopManager
  const DpopNonce = manager.dpopNonce.constructor
  manager.dpopNonce = new DpopNonce(undefined, milliseconds)
}

const COMMANDS = {
  startPlc,
  startPds,
  setNonces,
  setModern({ modern }) {
    state.modern = modern
  },
  mails({ to }) {
    return state.mails.filter((mail) => mail.to === to)
  },
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { command, ...parameters } = JSON.parse(line)
  let answer
  try {
    answer = { ok: (await COMMANDS[command](parameters)) ?? null }
  } catch (error) {
    answer = { error: String(error?.stack ?? error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)
