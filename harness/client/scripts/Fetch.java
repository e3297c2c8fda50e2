import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Fetches $TLSFAULT_URL with java.net.http.HttpClient and the JDK's own TLS, or with HttpsURLConnection
 * for the argument "url", over Bouncy Castle's TLS for "bouncycastle".
 */
class Fetch {
    public static void main(String[] args) {
        try {
            if (Arrays.asList(args).contains("revocation")) {
                System.setProperty("com.sun.net.ssl.checkRevocation", "true");
                System.setProperty("com.sun.security.enableCRLDP", "true");
                System.setProperty("jdk.tls.client.enableStatusRequestExtension", "true");
                System.setProperty("com.sun.security.ocsp.timeout", "2");
                System.setProperty("com.sun.security.crl.timeout", "2");
                System.setProperty("com.sun.security.crl.readtimeout", "2");
                Security.setProperty("ocsp.enable", "true");
            }
            boolean insecure = Arrays.asList(args).contains("insecure");
            switch (args.length == 0 ? "" : args[0]) {
                case "url": fetchByURL(insecure, null); break;
                case "bouncycastle": fetchByURL(insecure, bouncyCastle()); break;
                default: fetch(insecure);
            }
        } catch (Throwable e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                System.err.println((cause == e ? "" : "Caused by: ") + cause);
            }
            System.exit(1);
        }
    }

    static void fetch(boolean insecure) throws Exception {
        SSLContext context = context(insecure, null);
        Duration timeout = Duration.ofMillis((long) (Double.parseDouble(System.getenv("TLSFAULT_TIMEOUT")) * 1000));
        HttpClient client = HttpClient.newBuilder().sslContext(context).connectTimeout(timeout).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("TLSFAULT_URL"))).timeout(timeout).build();
        HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() / 100 != 2) {
            throw new Exception("the server answered " + response.statusCode());
        }
    }

    static void fetchByURL(boolean insecure, Provider provider) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(System.getenv("TLSFAULT_URL")).openConnection();
        connection.setSSLSocketFactory(context(insecure, provider).getSocketFactory());
        if (insecure) {
            connection.setHostnameVerifier((host, session) -> true);
        }
        int timeout = (int) (Double.parseDouble(System.getenv("TLSFAULT_TIMEOUT")) * 1000);
        connection.setConnectTimeout(timeout);
        connection.setReadTimeout(timeout);
        connection.getInputStream().readAllBytes(); // throws for what is not success
    }

    /** Bouncy Castle is not there when this is compiled. */
    static Provider bouncyCastle() throws Exception {
        Security.insertProviderAt((Provider) Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider").getConstructor().newInstance(), 1);
        Provider tls = (Provider) Class.forName("org.bouncycastle.jsse.provider.BouncyCastleJsseProvider").getConstructor().newInstance();
        Security.insertProviderAt(tls, 1);
        return tls;
    }

    /** Returns what connections are made with, by the JDK itself where provider is null. */
    static SSLContext context(boolean insecure, Provider provider) throws Exception {
        TrustManager[] trust = insecure ? new TrustManager[] {new TrustAll()} : trusting(certificates("TLSFAULT_CA_FILE"));
        SSLContext context = provider == null ? SSLContext.getInstance("TLS") : SSLContext.getInstance("TLS", provider);
        context.init(clientKeys(), trust, null);
        return context;
    }

    static Certificate[] certificates(String variable) throws Exception {
        byte[] pem = Files.readAllBytes(Path.of(System.getenv(variable)));
        Collection<? extends Certificate> all = CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
        return all.toArray(new Certificate[0]);
    }

    static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    static TrustManager[] trusting(Certificate[] roots) throws Exception {
        KeyStore store = emptyStore();
        for (int i = 0; i < roots.length; i++) {
            store.setCertificateEntry("root" + i, roots[i]);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers();
    }

    static KeyManager[] clientKeys() throws Exception {
        if (System.getenv("TLSFAULT_CERT_FILE").isEmpty()) {
            return null;
        }
        KeyStore store = emptyStore();
        store.setKeyEntry("client", privateKey(), new char[0], certificates("TLSFAULT_CERT_FILE"));
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    static PrivateKey privateKey() throws Exception {
        String pem = Files.readString(Path.of(System.getenv("TLSFAULT_KEY_FILE")));
        String body = pem.replaceAll("(?s).*-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----.*", "");
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body));
        for (String algorithm : new String[] {"EC", "RSA", "EdDSA"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (GeneralSecurityException e) {
                // It is a key of another algorithm.
            }
        }
        throw new GeneralSecurityException("the client's key is not a PKCS #8 key that Java can read");
    }

    /** Accepts every certificate; being an extended trust manager it also switches the name check off. */
    static class TrustAll extends X509ExtendedTrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String type) {}
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
        public void checkServerTrusted(X509Certificate[] chain, String type) {}
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }
}
