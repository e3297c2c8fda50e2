# Fetches $TLSFAULT_URL with HTTP::Tiny, which uses IO::Socket::SSL.
use strict;
use warnings;
use HTTP::Tiny;
use IO::Socket::SSL;

my %ssl = (SSL_ca_file => $ENV{TLSFAULT_CA_FILE});
if ($ENV{TLSFAULT_CERT_FILE}) {
    $ssl{SSL_cert_file} = $ENV{TLSFAULT_CERT_FILE};
    $ssl{SSL_key_file}  = $ENV{TLSFAULT_KEY_FILE};
}
if (grep { $_ eq 'crl' } @ARGV) {
    $ssl{SSL_check_crl} = 1;
    $ssl{SSL_crl_file}  = $ENV{TLSFAULT_CRL_FILE};
}
if (grep { $_ eq 'staple' } @ARGV) {
    $ssl{SSL_ocsp_mode} = SSL_OCSP_MUST_STAPLE() | SSL_OCSP_FAIL_HARD();
}
if ($ENV{TLSFAULT_HOST} =~ /:/) {
    # HTTP::Tiny hands IPv6 literals on in brackets, which no certificate has.
    $ssl{SSL_verifycn_name} = $ENV{TLSFAULT_HOST};
    $ssl{SSL_hostname}      = '';
}
my $http = HTTP::Tiny->new(
    verify_SSL  => !grep({ $_ eq 'insecure' } @ARGV),
    SSL_options => \%ssl,
    timeout     => $ENV{TLSFAULT_TIMEOUT},
);
# Of a proxy it knows by its environment.
my $response = $http->get($ENV{TLSFAULT_URL}, $ENV{TLSFAULT_PROXY} ? {} : { peer => $ENV{TLSFAULT_ADDR} });

# HTTP::Tiny reports what went wrong below HTTP as status 599 with the reason as content.
die $response->{content} if $response->{status} == 599;
die "the server answered $response->{status} $response->{reason}\n" unless $response->{success};
