// One validator's HTTP API, as values: what it says, believed by nobody. TrellisClient proves what it hands on.

import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
public import TrellisCrypto
public import TrellisModel
import TrellisVerify

/// A client of one validator that tells what the validator says. Each call makes one attempt. Call `shutdown()` when done with it.
public struct UnverifiedClient: Sendable {
    public static let defaultEndpoint = "http://127.0.0.1:8080"
    /// No answer but a receipt is larger.
    static let answerBytesMaximum = 64 << 20

    /// How long to wait for an entry.
    public enum Finality: String, Sendable, CaseIterable {
        case decided
        case certified
    }

    public let endpoint: String
    let http: HTTPClient
    /// For answers that go on: a connection on which nothing comes for long is given up.
    let streams: HTTPClient
    let authorization: Authorization

    /// - Throws: `ClientError.invalidEndpoint`, `invalidCredentials`.
    public init(endpoint: String = defaultEndpoint, credentials: Credentials? = nil) throws(ClientError) {
        guard let url = URL(string: endpoint), url.scheme == "http" || url.scheme == "https", url.host() != nil, url.query() == nil else {
            throw ClientError.invalidEndpoint(endpoint)
        }
        authorization = try Authorization(credentials, for: url)
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5)))
        configuration.connectionPool.retryConnectionEstablishment = false
        // Where a redirect leads is the validator's choice, and may be a service beside us.
        configuration.redirectConfiguration = .disallow
        // A request that waits for a decision holds its connection meanwhile.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        configuration.timeout.read = .seconds(45)
        streams = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func shutdown() async throws {
        try await http.shutdown()
        try await streams.shutdown()
    }

    /// Puts a proposal to a council. Waits until it is decided or certified where asked to, `timeout` seconds at most. The answer is about this
    /// very proposal: its identifier follows from the key, a random one where none is given, and is checked.
    public func propose(
        _ draft: ProposalDraft, idempotencyKey: String? = nil, wait: Finality? = nil, timeout: Int = 30
    ) async throws(ClientError) -> Reply<ProposalState> {
        let key = idempotencyKey ?? TrellisClient.newKey()
        let proposal = try authorization.proposing(draft.proposal(idempotencyKey: key))
        return try await submit(draft, as: proposal, idempotencyKey: key, wait: wait, timeout: timeout)
    }

    /// Submits a draft as the proposal that this client's credentials make of it under the key.
    func submit(
        _ draft: ProposalDraft, as proposal: Proposal, idempotencyKey key: String, wait: Finality?, timeout: Int
    ) async throws(ClientError) -> Reply<ProposalState> {
        let body: [UInt8]
        do {
            body = Array(try JSONEncoder().encode(SignedDraft(draft, proposal.proposer)))
        } catch {
            throw .unexpectedAnswer(status: 0, reason: "the proposal has no JSON form: \(error)")
        }
        let request = try request("/v1/proposals" + Self.query(wait, timeout), key, posting: body, as: "application/json")
        return try Self.check(await decode(send(request, seconds: timeout + 10)), isOf: proposal.identifier)
    }

    /// Where a proposal stands; its decision, once it is decided.
    public func proposal(_ identifier: Digest) async throws(ClientError) -> Reply<ProposalState> {
        try Self.check(await decode(send(try request("/v1/proposals/\(identifier)"))), isOf: identifier)
    }

    /// The decision on a proposal; a problem with status 404 while there is none.
    public func decision(_ identifier: Digest) async throws(ClientError) -> Reply<ProposalState> {
        try Self.check(await decode(send(try request("/v1/decisions/\(identifier)"))), isOf: identifier)
    }

    private static func check(
        _ reply: Reply<ProposalState>, isOf identifier: Digest
    ) throws(ClientError) -> Reply<ProposalState> {
        guard Digest(hex: reply.value.id) == identifier else {
            throw .unexpectedAnswer(status: 200, reason: "it is about another proposal")
        }
        return reply
    }

    public func status() async throws(ClientError) -> Reply<ValidatorState> {
        try await decode(send(try request("/v1/status")))
    }

    /// The receipt of a decision, or of a record, not verified; a problem with status 404 until it is certified.
    public func receipt(of identifier: Digest, isRecord: Bool = false) async throws(ClientError) -> UnverifiedReceipt {
        let path = "/v1/\(isRecord ? "records" : "decisions")/\(identifier)/receipt"
        let json = try await send(try request(path), limit: Receipt.fileBytesMaximum).bytes
        let fetched: UnverifiedReceipt
        do {
            fetched = UnverifiedReceipt(receipt: try Receipt(json: json), json: json)
        } catch {
            throw .badReceipt(error)
        }
        guard (try? LogEntry(wireBytes: fetched.receipt.entry))?.identifier == identifier else { throw .otherReceipt }
        return fetched
    }

    /// The genesis file that the validator names. Whoever asks the validator itself trusts it.
    public func genesis() async throws(ClientError) -> Genesis {
        let answer = try await send(try request("/v1/genesis"))
        do { return try Genesis(json: answer.bytes) } catch { throw .unexpectedAnswer(status: answer.status, reason: "\(error)") }
    }
}

extension UnverifiedClient {
    struct Answer: Sendable {
        let status: Int
        let bytes: [UInt8]
        /// Seconds.
        var retryAfter: Int?
    }

    /// A request with this client's credentials: a GET, or a POST of `body`.
    func request(
        _ path: String, _ idempotencyKey: String? = nil, posting body: [UInt8]? = nil, as type: String = ""
    ) throws(ClientError) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: endpoint + path)
        if let idempotencyKey { request.headers.add(name: "Idempotency-Key", value: idempotencyKey) }
        if let body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let fields = Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { "\($0), \($1)" })
        for field in try authorization.fields(request.method.rawValue, path, fields, body) {
            request.headers.add(name: field.name, value: field.value)
        }
        return request
    }

    static func query(_ wait: Finality?, _ timeout: Int) -> String {
        wait.map { "?wait=\($0.rawValue)&timeout=\(timeout)" } ?? ""
    }

    /// Sends a request and takes a successful answer whole, in so many seconds or not at all.
    func send(
        _ request: HTTPClientRequest, seconds: Int = 30, limit: Int = answerBytesMaximum
    ) async throws(ClientError) -> Answer {
        let answer: Answer
        do {
            answer = try await exchange(request, seconds, limit)
        } catch {
            throw failure(error)
        }
        guard (200..<300).contains(answer.status) else { throw Self.problem(in: answer) }
        return answer
    }

    private func exchange(_ request: HTTPClientRequest, _ seconds: Int, _ limit: Int) async throws -> Answer {
        // The timeout of a request ends with the head of its answer.
        try await within(.seconds(seconds), else: HTTPClientError.deadlineExceeded) {
            let response = try await http.execute(request, timeout: .seconds(Int64(seconds)))
            let body = try await response.body.collect(upTo: limit)
            return Answer(
                status: Int(response.status.code), bytes: Array(body.readableBytesView),
                retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) })
        }
    }

    func failure(_ error: any Error) -> ClientError {
        if Task.isCancelled { return .cancelled }
        return switch error {
        case let error as ClientError: error
        case is CancellationError: .cancelled
        case let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout: .timedOut(endpoint: endpoint)
        case is NIOConnectionError: .unreachable(endpoint: endpoint, reason: "cannot connect")
        case let error as IOError: .unreachable(endpoint: endpoint, reason: String(cString: strerror(error.errnoCode)))
        case is NIOTooManyBytesError: .unexpectedAnswer(status: 200, reason: "the answer is larger than any answer can be")
        default: .unreachable(endpoint: endpoint, reason: "\(error)")
        }
    }

    static func problem(in answer: Answer) -> ClientError {
        if var problem = try? JSONDecoder().decode(ProblemDocument.self, from: Data(answer.bytes)) {
            problem.retryAfter = answer.retryAfter
            return .problem(problem)
        }
        return .unexpectedAnswer(status: answer.status, reason: "it carries no problem document")
    }

    func decode<Value: Decodable & Sendable>(_ answer: Answer) throws(ClientError) -> Reply<Value> {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let value = try decoder.decode(Value.self, from: Data(answer.bytes))
            return Reply(value: value, json: answer.bytes, isComplete: answer.status != 202)
        } catch {
            throw .unexpectedAnswer(status: answer.status, reason: "\(error)")
        }
    }
}
