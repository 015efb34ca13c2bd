// The validator's event stream as a sequence that goes on behind the last log entry it gave when its connection breaks.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// A server-sent event.
public struct ServerEvent: Sendable, Equatable {
    /// `proposed`, `decided`, `recorded` or `certified`.
    public let name: String
    /// The entry's index in the log, for what is in the log.
    public let logIndex: UInt64?
    /// JSON.
    public let data: [UInt8]
}

extension UnverifiedClient {
    /// Log events from index `from` (nil: from now on), then live ones, until the task is cancelled. Throws when the first connection fails;
    /// later ones, and silence for longer than the validator's own signs of life are apart, are tried again, a second apart.
    public func events(from: UInt64? = nil) -> EventSequence { EventSequence(client: self, from: from) }

    fileprivate func openEvents(from: UInt64?) async throws(ClientError) -> HTTPClientResponse {
        var request = try request("/v1/events" + (from.map { "?from=\($0)" } ?? ""))
        request.headers.add(name: "Accept", value: "text/event-stream")
        do {
            let response = try await streams.execute(request, deadline: .distantFuture)
            guard response.status == .ok else {
                let body = try await response.body.collect(upTo: 1 << 16)
                throw Self.problem(in: Answer(status: Int(response.status.code), bytes: Array(body.readableBytesView)))
            }
            return response
        } catch {
            throw failure(error)
        }
    }
}

public struct EventSequence: AsyncSequence, Sendable {
    public typealias Element = ServerEvent

    let client: UnverifiedClient
    let from: UInt64?

    public func makeAsyncIterator() -> Iterator { Iterator(client: client, from: from) }

    public struct Iterator: AsyncIteratorProtocol {
        private let client: UnverifiedClient
        private var from: UInt64?
        private var body: HTTPClientResponse.Body.AsyncIterator?
        private var hasConnected = false
        private var parser = EventParser()
        private var ready: ArraySlice<ServerEvent> = []

        init(client: UnverifiedClient, from: UInt64?) {
            self.client = client
            self.from = from
        }

        public mutating func next() async throws -> ServerEvent? {
            while true {
                try Task.checkCancellation()
                if let event = ready.popFirst() {
                    if let index = event.logIndex { from = index &+ 1 }
                    return event
                }
                do {
                    try await read()
                } catch {
                    guard hasConnected, !Task.isCancelled else { throw error }
                    if case ClientError.unexpectedAnswer = error { throw error }
                    body = nil
                    try await Task.sleep(for: .seconds(1))
                }
            }
        }

        /// Reads once, on a new connection if there is none.
        private mutating func read() async throws {
            guard var current = body else {
                body = try await client.openEvents(from: from).body.makeAsyncIterator()
                hasConnected = true
                parser = EventParser()
                return
            }
            guard let chunk = try await current.next() else {
                throw ClientError.unreachable(endpoint: client.endpoint, reason: "the event stream ended")
            }
            body = current
            ready = try parser.feed(chunk.readableBytesView)[...]
        }
    }
}

/// Cuts a byte stream into server-sent events (the format of the WHATWG HTML standard, with line feeds only).
struct EventParser {
    /// No event of this API has a longer line, or more data.
    static let lineBytesMaximum = 32 << 20

    private var line: [UInt8] = []
    private var name = ""
    private var logIndex: UInt64?
    private var data: [UInt8] = []

    mutating func feed(_ bytes: some Sequence<UInt8>) throws(ClientError) -> [ServerEvent] {
        var events: [ServerEvent] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if let event = try endLine() { events.append(event) }
            } else {
                guard line.count < Self.lineBytesMaximum else { throw .unexpectedAnswer(status: 200, reason: "an endless line of events") }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() throws(ClientError) -> ServerEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer { (name, logIndex, data) = ("", nil, []) }
            return data.isEmpty ? nil : ServerEvent(name: name, logIndex: logIndex, data: data)
        }
        let field = line.prefix { $0 != UInt8(ascii: ":") }
        var value = line.dropFirst(field.count + 1)
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: field, as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "id": logIndex = UInt64(String(decoding: value, as: UTF8.self))
        case "data":
            guard data.count + value.count < Self.lineBytesMaximum else {
                throw .unexpectedAnswer(status: 200, reason: "an event without an end")
            }
            if !data.isEmpty { data.append(UInt8(ascii: "\n")) }
            data.append(contentsOf: value)
        default: break
        }
        return nil
    }
}
