// Fetches $TLSFAULT_URL with PHP's curl extension.
$host = getenv('TLSFAULT_HOST');
$addr = getenv('TLSFAULT_ADDR');
$strict = !in_array('insecure', $argv, true);

$curl = curl_init(getenv('TLSFAULT_URL'));
curl_setopt_array($curl, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_FAILONERROR => true,
    CURLOPT_NOPROXY => '*',
    CURLOPT_CAINFO => getenv('TLSFAULT_CA_FILE'),
    CURLOPT_CAPATH => getenv('HOME'),
    CURLOPT_SSL_VERIFYPEER => $strict,
    CURLOPT_SSL_VERIFYHOST => $strict ? 2 : 0,
    CURLOPT_TIMEOUT_MS => (int) (1000 * (float) getenv('TLSFAULT_TIMEOUT')),
]);
if ($host !== $addr) {
    $literal = strpos($addr, ':') === false ? $addr : "[$addr]";
    curl_setopt($curl, CURLOPT_RESOLVE, ["$host:" . getenv('TLSFAULT_PORT') . ":$literal"]);
}
if (getenv('TLSFAULT_CERT_FILE') !== '') {
    curl_setopt($curl, CURLOPT_SSLCERT, getenv('TLSFAULT_CERT_FILE'));
    curl_setopt($curl, CURLOPT_SSLKEY, getenv('TLSFAULT_KEY_FILE'));
}
if (curl_exec($curl) === false) {
    fwrite(STDERR, 'curl: (' . curl_errno($curl) . ') ' . curl_error($curl) . "\n");
    exit(1);
}
