// Fetches $TLSFAULT_URL with PHP's own https stream, which uses OpenSSL.
$host = getenv('TLSFAULT_HOST');
$addr = getenv('TLSFAULT_ADDR');
$strict = !in_array('insecure', $argv, true);
$literal = fn($ip) => strpos($ip, ':') === false ? $ip : "[$ip]";

$ssl = [
    'cafile' => getenv('TLSFAULT_CA_FILE'),
    'peer_name' => $host,
    'verify_peer' => $strict,
    'verify_peer_name' => $strict,
    'SNI_enabled' => filter_var($host, FILTER_VALIDATE_IP) === false,
];
if (getenv('TLSFAULT_CERT_FILE') !== '') {
    $ssl['local_cert'] = getenv('TLSFAULT_CERT_FILE');
    $ssl['local_pk'] = getenv('TLSFAULT_KEY_FILE');
}
$port = getenv('TLSFAULT_PORT');
$http = [
    'header' => 'Host: ' . $literal($host) . ":$port",
    'protocol_version' => 1.1,
    'timeout' => (float) getenv('TLSFAULT_TIMEOUT'),
];
if ($proxy = getenv('TLSFAULT_PROXY')) {
    $http['proxy'] = str_replace('http://', 'tcp://', $proxy);
    $addr = $host;
}
$url = getenv('TLSFAULT_URL');
$path = parse_url($url, PHP_URL_PATH) ?: '/';
if ($query = parse_url($url, PHP_URL_QUERY)) {
    $path .= "?$query";
}
$body = file_get_contents('https://' . $literal($addr) . ":$port$path", false, stream_context_create(['ssl' => $ssl, 'http' => $http]));
exit($body === false ? 1 : 0);
