// A validator with its HTTP API, as `trellis node` and `trellis dev` run it; and how they wait for Ctrl-C.

import Dispatch
import Foundation
import Logging
import TrellisAPI
import TrellisAccess
import TrellisNode

struct RunningValidator {
    let node: Node
    private let api: RunningAPI?

    /// Opens, starts and serves. `serves` false leaves the HTTP API out.
    static func start(_ configuration: NodeConfiguration, serves: Bool = true) async throws -> RunningValidator {
        var logger = Logger(label: "trellis") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .info
        let (host, port) = try address(configuration)
        let access = try serves ? access(configuration, host: host) : .local
        let node: Node
        do {
            let options = try configuration.options(passphrase: Passphrase.fromEnvironment("TRELLIS_PASSPHRASE"))
            logger[metadataKey: "validator"] = "\(NetworkSetup.validatorName(Int(options.validator)))"
            node = try Node(options, logger: logger)
        } catch let error as DataDirectoryError {
            throw error
        } catch let error as KeyFileError {
            throw Failure(error.description, hint: error.hint ?? "see \(configuration.path)", code: Exit.usage)
        } catch {
            throw Failure("\(error)", hint: "see \(configuration.path)", code: Exit.usage)
        }
        var api: RunningAPI?
        do {
            if serves { api = try await APIServer(service: node, host: host, port: port, access: access, logger: logger).start() }
            try await node.start()
        } catch {
            await api?.stop()
            await node.stop()
            throw Failure("\(error)", hint: "choose another port: --port of 'trellis dev', 'listen' and 'api' of a configuration")
        }
        return RunningValidator(node: node, api: api)
    }

    /// What the address needs to be served at all is refused before anything is opened.
    private static func access(_ configuration: NodeConfiguration, host: String) throws(Failure) -> AccessList {
        let access: AccessList
        do { access = try configuration.access() } catch {
            throw Failure(error.description, hint: "'trellis client keygen' and 'trellis client token' write clients", code: Exit.usage)
        }
        do { _ = try access.listening(on: host) } catch {
            throw Failure("\(configuration.path): \(error)", hint: error.hint, code: Exit.usage)
        }
        return access
    }

    private static func address(_ configuration: NodeConfiguration) throws(Failure) -> (host: String, port: Int) {
        let parts = configuration.api.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, let last = parts.last, let port = Int(last), (0...65_535).contains(port) else {
            throw Failure("\(configuration.path): 'api' must be host:port, not '\(configuration.api)'", code: Exit.usage)
        }
        let host = parts.dropLast().joined(separator: ":")
        return (host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port)
    }

    var port: Int? { api?.port }

    func stop() async {
        await api?.stop()
        await node.stop()
    }
}

/// Waits for SIGINT or SIGTERM. A second one ends the process at once.
struct StopSignal {
    private let signals: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        signals = stream
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                continuation.yield(number)
                if source.data > 1 { _exit(130) }
            }
            source.resume()
            return source
        }
    }

    func wait() async {
        for await _ in signals {
            // From here on the default action ends the process: a person in a hurry presses Ctrl-C again.
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
            return
        }
    }
}
