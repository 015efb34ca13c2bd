// An authority and the certificate of a judge called "localhost", good from 2020 to 2119, made for these tests with openssl (P-256, ECDSA with
// SHA-256). The key protects nothing.

import NIOCore
import NIOSSL

enum TestCertificates {
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBhzCCAS6gAwIBAgIUT85X0xyk/lvLElWUocbAw+POK8YwCgYIKoZIzj0EAwIw
        ITEfMB0GA1UEAwwWVHJlbGxpcyB0ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAw
        MDBaGA8yMTIwMDEwMTAwMDAwMFowITEfMB0GA1UEAwwWVHJlbGxpcyB0ZXN0IGF1
        dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEz9RRqw6iHohNqTVAIC
        xxLtwUT/l/2B0XYU41SGgc/eXfcWk/jwyeeSk5csPCI5+4XvY3PXFxmf+2pcsOb4
        8iWjQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQW
        BBQF81U8EQky/DumG/ao3rDam2TJSDAKBggqhkjOPQQDAgNHADBEAiA9TFCEYQHl
        hbgzq+Gzd+PY03yjuL6BGIvCyMgrS910QgIgOj5Wqq5TpatSQpnGeCEH4Ujp2lp7
        x5p02jNwfPUUdlA=
        -----END CERTIFICATE-----
        """

    private static let judge = """
        -----BEGIN CERTIFICATE-----
        MIIBnDCCAUKgAwIBAgIUXYBWpihIFtkbrYrtLW3TyfGo/S8wCgYIKoZIzj0EAwIw
        ITEfMB0GA1UEAwwWVHJlbGxpcyB0ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAw
        MDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYH
        KoZIzj0CAQYIKoZIzj0DAQcDQgAENVD0EHe928aXHplIZWhWqxgq4RYkD7iJ2p5Z
        HDQ+d+Dyz4aMJey5QmmyKyHLQf3zVzAGwZy5hJWRQvRGfT5h9KNjMGEwCQYDVR0T
        BAIwADAUBgNVHREEDTALgglsb2NhbGhvc3QwHQYDVR0OBBYEFLTJ4rG3b/gt0lm6
        faanYbMEwrsZMB8GA1UdIwQYMBaAFAXzVTwRCTL8O6Yb9qjesNqbZMlIMAoGCCqG
        SM49BAMCA0gAMEUCIQD0jZUi/IZ5jVq+0JxwbM36DjE1ENEbqcQYbIKJJdIvzQIg
        CWU6yUtlL0AttXEgYb+oOM8u5FqKGQ5ERg5gJSwu9nI=
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcVEWDrGZc2lVhj7V
        NaQUk5hUEgVEYNPh3CH7jzMXasChRANCAAQ1UPQQd73bxpcemUhlaFarGCrhFiQP
        uInanlkcND534PLPhowl7LlCabIrIctB/fNXMAbBnLmElZFC9EZ9PmH0
        -----END PRIVATE KEY-----
        """

    /// A server's side; `noted` is given the name that each client asks for.
    static func context(_ noted: @escaping @Sendable (String?) -> Void) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(judge.utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        configuration.sslContextCallback = { values, promise in
            noted(values.serverHostname)
            promise.succeed(.noChanges)
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
