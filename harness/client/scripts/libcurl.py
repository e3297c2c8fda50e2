# Fetches $TLSFAULT_URL with the libcurl that the first argument names, by its C interface.
import ctypes
import os
import sys

target = {name[9:]: value for name, value in os.environ.items() if name.startswith("TLSFAULT_")}
curl = ctypes.CDLL(sys.argv[1])
curl.curl_easy_init.restype = curl.curl_slist_append.restype = ctypes.c_void_p

# The numbers of the options, from curl.h.
URL, ERRORBUFFER, SSLCERT, CAINFO, SSLKEY, NOPROXY, RESOLVE = 10002, 10010, 10025, 10065, 10087, 10177, 10203
FAILONERROR, SSL_VERIFYPEER, SSL_VERIFYHOST, TIMEOUT_MS = 45, 64, 81, 155

words = ctypes.create_string_buffer(256)
easy = ctypes.c_void_p(curl.curl_easy_init())
addr = f"[{target['ADDR']}]" if ":" in target["ADDR"] else target["ADDR"]
resolve = curl.curl_slist_append(None, f"{target['HOST']}:{target['PORT']}:{addr}".encode())
texts = {URL: target["URL"], CAINFO: target["CA_FILE"], NOPROXY: "*"}
if target["CERT_FILE"]:
    texts.update({SSLCERT: target["CERT_FILE"], SSLKEY: target["KEY_FILE"]})
numbers = {FAILONERROR: 1, TIMEOUT_MS: int(float(target["TIMEOUT"]) * 1000)}
if "insecure" in sys.argv:
    numbers.update({SSL_VERIFYPEER: 0, SSL_VERIFYHOST: 0})
for option, value in texts.items():
    curl.curl_easy_setopt(easy, option, ctypes.c_char_p(value.encode()))
for option, value in numbers.items():
    curl.curl_easy_setopt(easy, option, ctypes.c_long(value))
curl.curl_easy_setopt(easy, ERRORBUFFER, words)
if target["HOST"] != target["ADDR"]:
    curl.curl_easy_setopt(easy, RESOLVE, ctypes.c_void_p(resolve))
code = curl.curl_easy_perform(easy)
if code:
    print(f"curl: ({code}) {words.value.decode(errors='replace')}", file=sys.stderr)
sys.exit(code)
