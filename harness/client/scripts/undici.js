// Fetches $TLSFAULT_URL with the fetch that is built into Node.js.
'use strict';
const dns = require('node:dns');

const env = process.env;
if (process.argv.includes('insecure')) env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

// The one thing that differs from any other program: where the name leads.
const lookup = dns.lookup;
dns.lookup = (name, options, callback) => lookup(name === env.TLSFAULT_HOST ? env.TLSFAULT_ADDR : name, options, callback);

async function main() {
  const response = await fetch(env.TLSFAULT_URL, { signal: AbortSignal.timeout(Number(env.TLSFAULT_TIMEOUT) * 1000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
}
main().then(() => process.exit(0), (error) => {
  console.error(error.stack);
  if (error.cause) console.error(error.cause.stack);
  if (error.cause && error.cause.code) console.error(`  code: '${error.cause.code}'`);
  process.exit(1);
});
