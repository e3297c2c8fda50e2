# Fetches $TLSFAULT_URL with Net::HTTP and Ruby's openssl.
require "net/http"
require "openssl"

target = ENV.to_h.select { |name, _| name.start_with?("TLSFAULT_") }

proxy = target["TLSFAULT_PROXY"].empty? ? nil : URI(target["TLSFAULT_PROXY"])
http = Net::HTTP.new(target["TLSFAULT_HOST"], Integer(target["TLSFAULT_PORT"]), proxy&.host, proxy&.port)
http.ipaddr = target["TLSFAULT_ADDR"] unless proxy
http.use_ssl = true
http.ca_file = target["TLSFAULT_CA_FILE"]
http.verify_mode = ARGV.include?("insecure") ? OpenSSL::SSL::VERIFY_NONE : OpenSSL::SSL::VERIFY_PEER
if ARGV.include?("crl")
  http.cert_store = OpenSSL::X509::Store.new
  http.cert_store.flags = OpenSSL::X509::V_FLAG_CRL_CHECK | OpenSSL::X509::V_FLAG_CRL_CHECK_ALL
  http.cert_store.add_file(target["TLSFAULT_CA_FILE"]).add_file(target["TLSFAULT_CRL_FILE"])
end
unless target["TLSFAULT_CERT_FILE"].empty?
  http.cert = OpenSSL::X509::Certificate.new(File.read(target["TLSFAULT_CERT_FILE"]))
  http.key = OpenSSL::PKey.read(File.read(target["TLSFAULT_KEY_FILE"]))
end
http.open_timeout = http.read_timeout = Float(target["TLSFAULT_TIMEOUT"])
http.max_retries = 0 # a second try would double the time

response = http.get(URI(target["TLSFAULT_URL"]).request_uri)
abort "the server answered #{response.code} #{response.message}" unless response.is_a?(Net::HTTPSuccess)
