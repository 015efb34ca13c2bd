// From a request to a response: finds the route, checks and reads the body within its bounds, and turns every failure into a problem
// document. What the routes do stands in API+*.swift.

import Hummingbird
import NIOCore
import TrellisAccess
import TrellisModel
import TrellisNode

/// The service behind HTTP. Answers requests; owns no socket.
struct API: Sendable {
    let service: any NodeService
    let views: Views
    let options: APIServer.Options
    let door: Door
    let idempotency = IdempotencyTable()
    let streams: EventStreams
    let publishedKeys: PublishedKeys?

    init(service: any NodeService, options: APIServer.Options, access: ListenerAccess) {
        self.service = service
        self.options = options
        door = Door(access: access)
        views = Views(committee: service.committee, access: access)
        streams = EventStreams(limit: options.eventStreamsMaximum)
        publishedKeys = service.sealingKeys.map(PublishedKeys.init)
    }

    var limits: Limits { service.committee.limits }

    /// All operations, in the order of the documentation.
    var routes: [Route] {
        let routes =
            proposalRoutes + recordRoutes + decisionRoutes + eventRoutes + evidenceRoutes + committeeRoutes + keyRoutes + auditRoutes
            + healthRoutes + metricRoutes + optimizerRoutes
        return routes + [OpenAPI.route(of: routes)]
    }
}

/// Dispatches requests to routes.
struct Dispatcher: Sendable {
    let options: APIServer.Options
    private let door: Door
    private let budget: BodyBudget
    private let routes: [(route: Route, template: [Substring])]

    init(_ api: API) {
        options = api.options
        door = api.door
        let routes = api.routes
        // One body of every size that is taken always fits.
        budget = BodyBudget(bytes: max(options.bodyBytesMaximum, routes.map(\.bodyLimit).max() ?? 0))
        self.routes = routes.map { ($0, $0.path.split(separator: "/", omittingEmptySubsequences: false)) }
    }

    func respond(to request: Request, channel: any Channel) async -> Response {
        var response: Response
        var isBodyRead = !request.hasBody
        var paid = 0
        defer { budget.giveBack(paid) }
        do throws(Problem) {
            let (route, path) = try match(request)
            let admission = try door.admit(request, route, hasBody: request.hasBody, channel: channel)
            let type = try contentType(of: request, route)
            let body = request.hasBody ? try await read(request, limit: route.bodyLimit, channel: channel, paid: &paid) : []
            isBodyRead = true
            try admission.check(body)
            let exchange = try Exchange(
                request: request, route: route, path: path, contentType: type, body: body, channel: channel, client: admission.client)
            guard !route.changesValidator || exchange.isLocal else { throw .forbidden("this is for the validator's own machine") }
            response = try await route.handle(exchange)
        } catch {
            response = error.response
        }
        if !isBodyRead {
            // The rest of the body is passed over for a moment, so that the client gets to read the response.
            response.headers[.connection] = "close"
            channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
        }
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func match(_ request: Request) throws(Problem) -> (Route, [String: String]) {
        let segments = request.uri.path.split(separator: "/", maxSplits: 16, omittingEmptySubsequences: false)
        let candidates = routes.compactMap { route, template in values(of: template, in: segments).map { (route, $0) } }
        guard !candidates.isEmpty else { throw .missing("no-such-route", "there is nothing at this path; see /openapi.json") }
        let method = request.method == .head ? "GET" : request.method.rawValue
        guard let found = candidates.first(where: { $0.0.method.rawValue == method }) else {
            let methods = candidates.flatMap { $0.0.method == .get ? ["GET", "HEAD"] : [$0.0.method.rawValue] }
            throw .methodNotAllowed(request.method.rawValue, allow: methods)
        }
        return found
    }

    /// The values of the braced segments when the path matches, else nil.
    private func values(of template: [Substring], in segments: [Substring]) -> [String: String]? {
        guard template.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (expected, found) in zip(template, segments) {
            if expected.first == "{" {
                values[String(expected.dropFirst().dropLast())] = String(found)
            } else if expected != found {
                return nil
            }
        }
        return values
    }

    private func contentType(of request: Request, _ route: Route) throws(Problem) -> String {
        guard !route.bodies.isEmpty else { return "" }
        let type = mediaType(request.headers[.contentType] ?? "")
        guard route.bodies.contains(where: { $0.type == type }) else {
            let taken = route.bodies.map(\.type).joined(separator: ", ")
            throw .unsupportedContent("the Content-Type must be \(taken)")
        }
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            throw .unsupportedContent("the body must not be compressed")
        }
        return type
    }

    /// The body's bytes. Throws as soon as they are more than `limit`, more than all requests together may hold, or when they trickle in for too
    /// long.
    private func read(
        _ request: Request, limit: Int, channel: any Channel, paid: inout Int
    ) async throws(Problem) -> [UInt8] {
        let problem = Problem.tooLarge("the body exceeds the limit of \(limit) bytes")
        let length = request.headers[.contentLength].flatMap { Int($0) }
        guard length ?? 0 <= limit else { throw problem }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(max(0, length ?? 0), BodyBudget.ownBytes))
        var deadline: Scheduled<Void>?
        defer { deadline?.cancel() }
        do {
            for try await chunk in request.body {
                guard chunk.readableBytes <= limit - bytes.count else { throw problem }
                let due = max(0, bytes.count + chunk.readableBytes - BodyBudget.ownBytes - paid)
                guard budget.take(due) else { throw Problem.tooManyBodies }
                paid += due
                bytes.append(contentsOf: chunk.readableBytesView)
                if deadline == nil, bytes.count < length ?? .max {
                    deadline = channel.eventLoop.scheduleTask(in: TimeAmount(options.bodyTime)) {
                        channel.pipeline.fireErrorCaught(BodyTimeout())
                    }
                }
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.requestTimeout, "body-timeout", "Incomplete body", "the body did not arrive whole and in time")
        }
        return bytes
    }
}

private struct BodyTimeout: Error {}

extension Request {
    fileprivate var hasBody: Bool {
        headers[.transferEncoding] != nil || (headers[.contentLength].map { $0 != "0" } ?? false)
    }
}
