// What the whole-system tests share: folders, free ports, polling with a deadline, and sockets without a protocol.

import Foundation
import Glibc
import Testing

/// The tests of whole validators, one at a time: each starts several of them.
@Suite(.serialized) enum SystemTests {}

struct Unmet: Error, CustomStringConvertible {
    let description: String
}

/// Asks again and again until `condition` holds; throws when it does not within `seconds`.
func eventually(_ what: String, within seconds: Double = 30, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < deadline else { throw Unmet(description: "not within \(seconds) s: \(what)") }
        try await Task.sleep(for: .milliseconds(25))
    }
}

/// Asks until there is an answer; throws when there is none within `seconds`.
func eventually<Value>(_ what: String, within seconds: Double = 30, _ value: () async throws -> Value?) async throws -> Value? {
    var found: Value?
    try await eventually(what, within: seconds) {
        found = try await value()
        return found != nil
    }
    return found
}

/// A new folder that is gone after `body`.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trellis-system-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

enum Files {
    static func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
    static func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    static func text(_ path: String) -> String { (try? read(path)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// Replaces text in a file that holds it.
    static func edit(_ path: String, _ old: String, _ new: String) throws {
        let text = text(path)
        try #require(text.contains(old))
        try write(Array(text.replacing(old, with: new).utf8), to: path)
    }

    static func journal(_ data: String) -> String { "\(data)/journal/0000000000.segment" }

    static func flip(_ path: String, at offset: Int) throws {
        var bytes = try read(path)
        try #require(bytes.indices.contains(offset))
        bytes[offset] ^= 0x10
        try write(bytes, to: path)
    }
}

enum Ports {
    /// The first of `count` ports in a row that nobody listens to, below those that systems hand out by themselves.
    static func free(_ count: Int) throws -> Int {
        for _ in 0..<200 {
            let first = Int.random(in: 12_000..<31_000)
            if (first..<first + count).allSatisfy({ (try? Socket.listening(on: $0)) != nil }) { return first }
        }
        throw Unmet(description: "no \(count) free ports in a row")
    }
}

/// A port that somebody may connect to.
final class ListeningSocket: Sendable {
    private let socket: Socket

    init(port: Int) throws { socket = try Socket.listening(on: port, backlog: 64) }

    /// Waits for the next caller; nil when there will be none.
    func accept() -> Socket? { socket.accept() }

    /// Whether somebody waits to be accepted.
    var hasCaller: Bool { socket.isReadable }
}

/// A TCP socket of this machine, closed with its last reference.
final class Socket: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    private static func open<Result>(_ port: Int, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Result) throws -> (Socket, Result)
    {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Unmet(description: "no socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        return (Socket(descriptor), result)
    }

    static func listening(on port: Int, backlog: Int32 = 1) throws -> Socket {
        let (socket, result) = try open(port) { descriptor, address, size in
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, size) == 0 && listen(descriptor, backlog) == 0
        }
        guard result else { throw Unmet(description: "port \(port) is taken") }
        return socket
    }

    static func connected(to port: Int, patience seconds: Int = 5) throws -> Socket {
        let (socket, result) = try open(port) { descriptor, address, size in
            var patience = timeval(tv_sec: seconds, tv_usec: 0)
            for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
                setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
            }
            return connect(descriptor, address, size)
        }
        guard result == 0 else { throw Unmet(description: "cannot connect to port \(port)") }
        return socket
    }

    /// Sends what the other side takes; false when it took less than all.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// What is there next; nil at the end.
    func receiveSome() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        return count > 0 ? Array(chunk.prefix(count)) : nil
    }

    func shutDown() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

    fileprivate func accept() -> Socket? {
        let accepted = Glibc.accept(descriptor, nil, nil)
        return accepted >= 0 ? Socket(accepted) : nil
    }

    fileprivate var isReadable: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) > 0
    }

    /// What the other side sends until it closes or says nothing for a while, `limit` bytes at most.
    func receive(limit: Int = 1 << 20) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < limit {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk.prefix(count))
        }
        return bytes
    }
}

/// The status of a GET of the API, 0 when nobody answers.
func httpStatus(_ port: Int, _ path: String) -> Int {
    let words = httpAnswer(port, path).split(separator: " ", maxSplits: 2)
    return words.count > 1 ? Int(words[1]) ?? 0 : 0
}

/// The body of what HTTP answers; empty when nobody does.
func httpBody(_ port: Int, _ path: String) -> String {
    let answer = httpAnswer(port, path)
    return answer.range(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) } ?? ""
}

private func httpAnswer(_ port: Int, _ path: String) -> String {
    guard let socket = try? Socket.connected(to: port) else { return "" }
    socket.send(Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8))
    return String(decoding: socket.receive(), as: UTF8.self)
}
