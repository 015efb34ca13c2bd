// The test cases of RFC 9421, appendix B.2, for the signature base, and for a signature where we have its scheme.

import Foundation
import Testing
import TrellisAccess
import TrellisCrypto

@Suite struct SignatureBaseTests {
    /// `test-request` of appendix B.2.
    private static let digest =
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    private static let message = RequestMessage(
        method: "POST", authority: "example.com", target: "/foo?param=Value&Pet=dog",
        fields: [
            "date": "Tue, 20 Apr 2021 02:07:55 GMT", "content-type": "application/json", "content-digest": digest, "content-length": "18",
        ])

    private func base(_ input: String) throws -> String {
        let signature = try #require(RequestSignature.read(input: "sig=" + input, signature: "sig=:AAAA:").first)
        return String(decoding: try Self.message.signatureBase(signature.components, parameters: signature.parameters), as: UTF8.self)
    }

    @Test func minimal() throws {
        let parameters = #"();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd""#
        #expect(try base(parameters) == "\"@signature-params\": " + parameters)
    }

    @Test func fullCoverage() throws {
        let parameters =
            #"("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")"#
            + #";created=1618884473;keyid="test-key-rsa-pss""#
        #expect(
            try base(parameters) == """
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@method": POST
                "@path": /foo
                "@query": ?param=Value&Pet=dog
                "@authority": example.com
                "content-type": application/json
                "content-digest": \(Self.digest)
                "content-length": 18
                "@signature-params": \(parameters)
                """)
    }

    @Test func sharedSecret() throws {
        let parameters = #"("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#
        #expect(
            try base(parameters) == """
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@authority": example.com
                "content-type": application/json
                "@signature-params": \(parameters)
                """)
    }

    @Test func ed25519() throws {
        let parameters =
            #"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#
        let base = try base(parameters)
        #expect(
            base == """
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@method": POST
                "@path": /foo
                "@authority": example.com
                "content-type": application/json
                "content-length": 18
                "@signature-params": \(parameters)
                """)
        // The key of appendix B.1.4 and the signature of B.2.6.
        let publicKey = try #require(Data(base64Encoded: "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="))
        let signature = try #require(
            Data(base64Encoded: "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="))
        let key = try #require(try SignatureScheme.ed25519.verifyingKey(Array(publicKey)) as? any BareVerifyingKey)
        #expect(key.isValidBare(Array(signature), for: Array(base.utf8)))
    }

    /// RFC 9530, appendix D, with SHA-256, and our own.
    @Test func contentDigests() throws {
        let body = Array("{\"hello\": \"world\"}".utf8)
        #expect(ContentDigest.value(of: body) == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:")
        #expect(try ContentDigest.digest(in: Self.digest + ", " + ContentDigest.value(of: body)) == HashSuite.sha256.hash(body))
        for bad in ["", Self.digest, "sha-256=x", "sha-256=:AAAA:", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE:"] {
            #expect(throws: SignatureFault.self) { try ContentDigest.digest(in: bad) }
        }
    }

    @Test func derivedComponents() {
        let message = RequestMessage(method: "get", authority: "Example.COM:8080", target: "?", fields: [:])
        #expect((message.method, message.authority, message.path, message.query) == ("get", "example.com:8080", "/", "?"))
        #expect(RequestMessage(method: "GET", authority: "", target: "/a?b?c", fields: [:]).query == "?b?c")
    }
}
