// ML-KEM (FIPS 203) as the library has it: keys from seeds, encapsulation with randomness of its own.

import Crypto
import Foundation

enum PortableKEM {
    enum PrivateKey: Sendable {
        case mlKEM768(MLKEM768.PrivateKey)
        case mlKEM1024(MLKEM1024.PrivateKey)

        init(seed: SecretBytes, _ parameters: MLKEM.ParameterSet) throws {
            do {
                let seed = seed.withBytes { Data($0) }
                switch parameters {
                case .mlKEM768: self = .mlKEM768(try MLKEM768.PrivateKey(seedRepresentation: seed, publicKey: nil))
                case .mlKEM1024: self = .mlKEM1024(try MLKEM1024.PrivateKey(seedRepresentation: seed, publicKey: nil))
                }
            } catch {
                throw CryptoError.invalidPrivateKey(scheme: parameters.name)
            }
        }

        var publicKey: [UInt8] {
            switch self {
            case .mlKEM768(let key): [UInt8](key.publicKey.rawRepresentation)
            case .mlKEM1024(let key): [UInt8](key.publicKey.rawRepresentation)
            }
        }

        func decapsulate(_ ciphertext: [UInt8]) throws -> SecretBytes {
            do {
                switch self {
                case .mlKEM768(let key): return SecretBytes(try key.decapsulate(ciphertext))
                case .mlKEM1024(let key): return SecretBytes(try key.decapsulate(ciphertext))
                }
            } catch {
                throw CryptoError.invalidCiphertext(scheme: "ML-KEM")
            }
        }
    }

    static func encapsulate(
        to publicKey: [UInt8], _ parameters: MLKEM.ParameterSet
    ) throws -> (ciphertext: [UInt8], sharedSecret: SecretBytes) {
        do {
            let result: KEM.EncapsulationResult =
                switch parameters {
                case .mlKEM768: try MLKEM768.PublicKey(rawRepresentation: publicKey).encapsulate()
                case .mlKEM1024: try MLKEM1024.PublicKey(rawRepresentation: publicKey).encapsulate()
                }
            return ([UInt8](result.encapsulated), SecretBytes(result.sharedSecret))
        } catch {
            throw CryptoError.invalidPublicKey(scheme: parameters.name)
        }
    }
}
