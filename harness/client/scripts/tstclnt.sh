# Fetches $TLSFAULT_URL with NSS's own tstclnt, whose trust is a store of its own.
set -e
store=sql:$HOME
certutil -N -d "$store" --empty-password
certutil -A -d "$store" -n root -t C,, -i "$TLSFAULT_CA_FILE"
verify=
for word in "$@"; do
	[ "$word" != insecure ] || verify=-o
done
path=${TLSFAULT_URL#https://*/}
printf 'GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$path" "$TLSFAULT_HOST" >request
exec tstclnt -d "$store" -h "$TLSFAULT_ADDR" -p "$TLSFAULT_PORT" -a "$TLSFAULT_HOST" -V tls1.0: -A request $verify </dev/null
