# Fetches $TLSFAULT_URL with LWP, which uses IO::Socket::SSL.
use strict;
use warnings;
use LWP::UserAgent;
use LWP::Protocol::https;

my %ssl = (SSL_ca_file => $ENV{TLSFAULT_CA_FILE}, verify_hostname => 1);
if ($ENV{TLSFAULT_CERT_FILE}) {
    $ssl{SSL_cert_file} = $ENV{TLSFAULT_CERT_FILE};
    $ssl{SSL_key_file}  = $ENV{TLSFAULT_KEY_FILE};
}
if (grep { $_ eq 'insecure' } @ARGV) {
    $ssl{verify_hostname} = 0;
    $ssl{SSL_verify_mode} = 0;
}
# The one thing that differs from any other program: where the name leads.
push @LWP::Protocol::http::EXTRA_SOCK_OPTS, PeerHost => $ENV{TLSFAULT_ADDR}, PeerAddr => $ENV{TLSFAULT_ADDR},
    SSL_verifycn_name => $ENV{TLSFAULT_HOST}, SSL_hostname => $ENV{TLSFAULT_HOST} =~ /:|^[\d.]+$/ ? '' : $ENV{TLSFAULT_HOST};

my $agent = LWP::UserAgent->new(ssl_opts => \%ssl, timeout => $ENV{TLSFAULT_TIMEOUT});
my $response = $agent->get($ENV{TLSFAULT_URL});
die $response->decoded_content // $response->status_line, "\n" if $response->header('Client-Warning');
die 'the server answered ', $response->status_line, "\n" unless $response->is_success;
