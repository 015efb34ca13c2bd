// GET /v1/events: the log and what happens around it as server-sent events. Entries of the log carry their index as `id`, so that a
// client that lost its connection resumes behind the last one it saw. A client that does not read is cut off.

import Hummingbird
import NIOCore
import Synchronization
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode

extension API {
    var eventRoutes: [Route] {
        [
            Route(
                method: .get, path: "/v1/events", identifier: "streamEvents", summary: "What happens, as server-sent events.",
                query: [
                    .init(
                        name: "from", summary: "Log index to begin at; without it the stream begins now.",
                        schema: Schema.integer(minimum: 0, maximum: nil))
                ],
                headers: [
                    .init(name: "Last-Event-ID", summary: "Log index of the last event seen; takes precedence.", schema: Schema.string)
                ],
                replies: [Route.Reply(.ok, "Events: proposed, decided, recorded, certified.", [Schema.events])],
                problems: [.serviceUnavailable],
                handle: { exchange async throws(Problem) in try await events(exchange) })
        ]
    }

    private func events(_ exchange: Exchange) async throws(Problem) -> Response {
        var from: UInt64? = try exchange.integer("from", in: 0...UInt64.max)
        if let last = exchange.request.headers[.lastEventID], !last.isEmpty {
            guard let index = UInt64(last), index < .max else { throw .badRequest("'Last-Event-ID' must be an id of this stream") }
            from = index + 1
        }
        guard let ticket = streams.open() else {
            throw Problem(
                .serviceUnavailable, "too-many-streams", "Too many streams", "as many event streams are open as there may be",
                retryAfter: 10)
        }
        let events: AsyncStream<NodeEvent>
        do { events = try await service.events(from: from) } catch { throw Problem(error) }
        let body = ResponseBody { writer in
            try await stream(events, ticket, exchange, to: &writer)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: ContentType.events, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"], body: body
        )
    }

    private func stream(
        _ events: AsyncStream<NodeEvent>, _ ticket: EventStreams.Ticket, _ exchange: Exchange, to writer: inout any ResponseBodyWriter
    ) async throws {
        // A stream of buffers whose producers wait for the consumer: no more than a handful are ever held.
        let (chunks, source) = RequestBody.makeStream()
        defer { source.finish() }
        ticket.onStop { source.finish() }
        let writes = WriteCount()
        try await exchange.request.body.consumeWithInboundCloseHandler { _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    await source.yield(ByteBuffer(string: "retry: 1000\n\n"))
                    for await event in events { await source.yield(ByteBuffer(bytes: views.event(event))) }
                    source.finish()
                }
                group.addTask {
                    while true {
                        try await Task.sleep(for: options.heartbeat)
                        await source.yield(ByteBuffer(string: ": \n\n"))
                    }
                }
                group.addTask { try await writes.closeWhenStuck(exchange.channel, for: options.writeTime) }
                for try await chunk in chunks {
                    writes.begin()
                    try await writer.write(chunk)
                    writes.end()
                }
            }
        } onInboundClosed: {
            source.finish()
        }
    }
}

/// Counts writes twice: as they begin and as they end. A count that stays odd is a client that does not read.
private final class WriteCount: Sendable {
    private let count = Atomic<UInt64>(0)

    func begin() { count.wrappingAdd(1, ordering: .relaxed) }
    func end() { count.wrappingAdd(1, ordering: .relaxed) }

    func closeWhenStuck(_ channel: any Channel, for time: Duration) async throws {
        while true {
            let before = count.load(ordering: .relaxed)
            try await Task.sleep(for: time)
            if before % 2 == 1, count.load(ordering: .relaxed) == before { return channel.close(promise: nil) }
        }
    }
}

extension Views {
    /// One server-sent event.
    func event(_ event: NodeEvent) -> [UInt8] {
        let name: String
        let data: JSON
        switch event.kind {
        case .proposed(let identifier, let proposal, let deadline):
            name = "proposed"
            data = .members([
                "id": .digest(identifier), "council": .string(proposal.council), "kind": .string(proposal.kind),
                "text": .string(proposal.text), "proposer": self.proposer(proposal), "deadline_ms": .integer(deadline),
            ])
        case .decided(let decision):
            name = "decided"
            data = self.decision(decision, index: event.logIndex, isCertified: nil)
        case .recorded(let identifier):
            name = "recorded"
            data = .members(["id": .digest(identifier), "log_index": event.logIndex.map { .integer($0) }])
        case .certified(let checkpoint):
            name = "certified"
            data = self.checkpoint(checkpoint)
        }
        var bytes = Array("event: \(name)\n".utf8)
        if let index = event.logIndex { bytes.append(contentsOf: "id: \(index)\n".utf8) }
        bytes.append(contentsOf: "data: ".utf8)
        data.append(to: &bytes)
        bytes.append(contentsOf: "\n\n".utf8)
        return bytes
    }
}
