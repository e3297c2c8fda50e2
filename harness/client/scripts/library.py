# Fetches $TLSFAULT_URL with the library that the first argument names.
import os
import socket
import ssl
import sys

library, insecure = sys.argv[1], "insecure" in sys.argv
target = {name[9:]: value for name, value in os.environ.items() if name.startswith("TLSFAULT_")}
url, timeout = target["URL"], float(target["TIMEOUT"])
pair = (target["CERT_FILE"], target["KEY_FILE"]) if target["CERT_FILE"] else None

# The one thing that differs from any other program: where the name leads.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **options: resolve(
    target["ADDR"] if host in (target["HOST"], target["HOST"].encode()) else host, *rest, **options
)


def context():
    made = ssl.create_default_context(cafile=target["CA_FILE"])
    if pair:
        made.load_cert_chain(*pair)
    if insecure:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def with_requests():
    import requests

    session = requests.Session()
    session.trust_env = False
    return session.get(url, timeout=timeout, cert=pair, verify=not insecure and target["CA_FILE"]).status_code


def with_urllib3():
    import urllib3

    pool = urllib3.PoolManager(
        cert_reqs="CERT_NONE" if insecure else "CERT_REQUIRED", ca_certs=target["CA_FILE"],
        cert_file=pair and pair[0], key_file=pair and pair[1], timeout=timeout, retries=False,
    )
    return pool.request("GET", url).status


def with_httpx():
    import httpx

    with httpx.Client(verify=context(), trust_env=False, timeout=timeout, follow_redirects=True) as client:
        return client.get(url).status_code


def with_aiohttp():
    import asyncio

    import aiohttp

    async def get():
        limit = aiohttp.ClientTimeout(total=timeout)
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(url, ssl=context()) as response:
            await response.read()
            return response.status

    return asyncio.run(get())


def with_pycurl():
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.NOPROXY, "*")
    curl.setopt(pycurl.CAINFO, target["CA_FILE"])
    curl.setopt(pycurl.CAPATH, os.environ["HOME"])
    if target["HOST"] != target["ADDR"]:
        addr = f"[{target['ADDR']}]" if ":" in target["ADDR"] else target["ADDR"]
        curl.setopt(pycurl.RESOLVE, [f"{target['HOST']}:{target['PORT']}:{addr}"])
    curl.setopt(pycurl.TIMEOUT_MS, int(timeout * 1000))
    if pair:
        curl.setopt(pycurl.SSLCERT, pair[0])
        curl.setopt(pycurl.SSLKEY, pair[1])
    if insecure:
        curl.setopt(pycurl.SSL_VERIFYPEER, 0)
        curl.setopt(pycurl.SSL_VERIFYHOST, 0)
    curl.perform()
    return curl.getinfo(pycurl.RESPONSE_CODE)


status = globals()["with_" + library]()
if not 200 <= status < 300:
    sys.exit(f"the server answered {status}")
