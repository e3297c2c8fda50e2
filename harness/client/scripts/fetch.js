// Fetches $TLSFAULT_URL with Node's https module.
'use strict';
const fs = require('node:fs');
const https = require('node:https');
const net = require('node:net');

const env = process.env;
const addr = env.TLSFAULT_ADDR;
const options = {
  agent: false,
  ca: fs.readFileSync(env.TLSFAULT_CA_FILE),
  signal: AbortSignal.timeout(Number(env.TLSFAULT_TIMEOUT) * 1000),
  rejectUnauthorized: !process.argv.includes('insecure'),
  lookup(name, options, callback) {
    const family = net.isIP(addr);
    if (options.all) callback(null, [{ address: addr, family }]);
    else callback(null, addr, family);
  },
};
if (process.argv.includes('crl')) {
  // One list a string: of several in one text Node.js reads the first.
  options.crl = fs.readFileSync(env.TLSFAULT_CRL_FILE, 'latin1').match(/-----BEGIN[^]*?END X509 CRL-----/g);
}
if (env.TLSFAULT_CERT_FILE) {
  options.cert = fs.readFileSync(env.TLSFAULT_CERT_FILE);
  options.key = fs.readFileSync(env.TLSFAULT_KEY_FILE);
}

// As Node prints an uncaught error, without the certificate that hangs on some of them.
function fail(error) {
  console.error(error.stack);
  if (error.code) console.error(`  code: '${error.code}'`);
  process.exit(1);
}

https.get(env.TLSFAULT_URL, options, (response) => {
  response.on('error', fail);
  response.on('end', () => {
    if (!response.complete) fail(new Error('the body was cut short'));
    if (response.statusCode < 200 || response.statusCode > 299) fail(new Error(`the server answered ${response.statusCode}`));
  });
  response.resume();
}).on('error', fail);
