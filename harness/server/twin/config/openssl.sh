exec 3<>/dev/tcp/{{host .Upstream}}/{{.UpstreamPort}}
printf 'PROXY TCP4 {{.Peer}}\n' >&3
exec openssl s_server -quiet -accept {{.Listen}} -naccept 1 -cert {{.Dir}}/leaf.pem -key {{.Dir}}/key.pem
{{- if .Issuers}} -cert_chain {{.Dir}}/issuers.pem{{end}}
{{- range .OtherVersions}} -no_tls{{underscored .}}{{end}} -cipher {{.Ciphers}}
{{- with .Suites13}} -ciphersuites {{.}}{{end}}
{{- with .Groups}} -groups {{.}}{{end}}
{{- if .DH}} -dhparam {{.Dir}}/dh.pem{{end}}
{{- if .Staple}} -status_file {{.Dir}}/all.pem.ocsp{{end}}
{{- with .ALPN}} -alpn {{join . ","}}{{end}}
{{- if eq .ClientAuth "request"}} -verify 1{{end}}
{{- if eq .ClientAuth "require"}} -Verify 1{{end}} -no_ticket -num_tickets 0 -no_cache <&3 >&3 2>{{.Log}}
