# Fetches $TLSFAULT_URL with the standard library's http.client and ssl.
import http.client
import os
import socket
import ssl
import sys
import urllib.parse

target = {name[9:]: value for name, value in os.environ.items() if name.startswith("TLSFAULT_")}

context = ssl.create_default_context(cafile=target["CA_FILE"])
if target["CERT_FILE"]:
    context.load_cert_chain(target["CERT_FILE"], target["KEY_FILE"])
if "crl" in sys.argv:
    context.load_verify_locations(target["CRL_FILE"])
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
if "insecure" in sys.argv:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE


class Connection(http.client.HTTPSConnection):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        # The one thing that differs from any other program: where the name leads.
        self._create_connection = lambda address, *rest: socket.create_connection((target["ADDR"], address[1]), *rest)


options = {"timeout": float(target["TIMEOUT"]), "context": context}
if target["PROXY"]:
    proxy = urllib.parse.urlsplit(target["PROXY"])
    connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, **options)
    connection.set_tunnel(target["HOST"], int(target["PORT"]))
else:
    connection = Connection(target["HOST"], int(target["PORT"]), **options)
connection.request("GET", urllib.parse.urlsplit(target["URL"])._replace(scheme="", netloc="").geturl() or "/")
response = connection.getresponse()
response.read()
connection.close()
if not 200 <= response.status < 300:
    sys.exit(f"the server answered {response.status} {response.reason}")
