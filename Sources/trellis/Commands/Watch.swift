// `trellis watch`: what happens in the ledger, as it happens.

import ArgumentParser
import Foundation
import TrellisClient

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow what happens in the ledger.",
        discussion: "Goes on until it is interrupted, and connects again when the connection breaks. Exit codes: 1 failure, 2 usage.")

    @Option(help: "Log index to begin at (default: from now on).")
    var from: UInt64?

    @Flag(help: "Print one JSON object per event.")
    var json = false

    @OptionGroup var connection: Connection

    func run() async throws {
        try await connection.withClient { client in
            for try await event in client.events(from: from) {
                Terminal.print(json ? Self.object(event) : Array(Self.line(event).utf8))
            }
        }
    }

    /// The event's data is JSON already, on one line.
    private static func object(_ event: ServerEvent) -> [UInt8] {
        let index = event.logIndex.map { "\"log_index\":\($0)," } ?? ""
        let name = event.name.filter { $0.isASCII && $0.isLetter }
        return Array("{\"event\":\"\(name)\",\(index)\"data\":".utf8) + event.data + [UInt8(ascii: "}")]
    }

    private struct Details: Decodable {
        var id: String?
        var status: String?
        var kind: String?
        var text: String?
        var logSize: UInt64?
    }

    private static func line(_ event: ServerEvent) -> String {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let details = (try? decoder.decode(Details.self, from: Data(event.data))) ?? Details()
        let place = event.logIndex.map { "#\($0)" } ?? ""
        let columns = [place, details.id.map { Terminal.shown(String($0.prefix(8))) } ?? ""]
        let rest = [
            columns[0] + String(repeating: " ", count: max(0, 8 - columns[0].count)), columns[1],
            Terminal.shown([details.kind, details.text].compactMap { $0 }.joined(separator: " ")),
        ].joined(separator: " ")
        switch event.name {
        case "decided":
            let status = details.status ?? "decided"
            return "\(Terminal.styled(pad(Terminal.shown(status)), Terminal.Style(of: status))) \(rest)"
        case "certified": return "\(Terminal.styled(pad("certified"), .dim)) log of \(details.logSize ?? 0) entries"
        default: return "\(pad(Terminal.shown(event.name))) \(rest)"
        }
    }

    private static func pad(_ text: String) -> String { text + String(repeating: " ", count: max(0, 9 - text.count)) }
}
