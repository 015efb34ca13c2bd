// Runs published cryptographic test vectors against TrellisCrypto: finds the files, tells by their content what they test, and
// counts. How each kind of vector is run is in the files beside this one.

import Foundation
import TrellisCrypto

/// Conformance to published test vectors (Wycheproof, NIST ACVP, IETF drafts and our own of the same shapes).
public struct CryptoConformance {
    /// The largest vector file that is read, in bytes.
    public static let maximumFileSize = 64 << 20

    /// Runs every vector in the JSON files under `directory`, at any depth.
    ///
    /// The layout is `directory/<algorithm>/…/<file>.json`. A vector of an algorithm or parameter set that is not implemented
    /// counts as skipped, under its name; a malformed file or vector as failed.
    ///
    /// - Throws: `ConformanceError.unreadableDirectory` if there is no such directory.
    public static func run(directory: String) throws -> ConformanceReport {
        var report = ConformanceReport()
        let root = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        for path in try files(under: root) {
            run(file: path, in: root, &report)
        }
        return report
    }

    /// The JSON files under a directory as paths relative to it, sorted.
    private static func files(under directory: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw ConformanceError.unreadableDirectory(directory)
        }
        guard let enumerator = FileManager.default.enumerator(atPath: directory) else {
            throw ConformanceError.unreadableDirectory(directory)
        }
        return enumerator.compactMap { $0 as? String }.filter { $0.lowercased().hasSuffix(".json") }.sorted()
    }

    private static func run(file path: String, in directory: String, _ report: inout ConformanceReport) {
        let url = URL(fileURLWithPath: directory).appendingPathComponent(path)
        let size = (try? url.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0
        guard size <= maximumFileSize else { return report.fail("\(path): it has more than \(maximumFileSize >> 20) MiB") }
        guard let data = try? Data(contentsOf: url) else { return report.fail("\(path): it cannot be read") }
        do {
            try run(CryptoVector(json: data), path: path, &report)
        } catch {
            report.fail("\(path): malformed: \(error)")
        }
    }

    private static func run(_ file: CryptoVector, path: String, _ report: inout ConformanceReport) throws {
        guard let kind = CryptoVectorKind.of(file) else {
            return report.skip(unimplementedName(file, path: path), count: try countTests(file))
        }
        if file.has("testGroups") {
            for group in try file.objects("testGroups") {
                for test in try group.objects("tests") { run(test, group, file, kind, path, &report) }
            }
        } else if file.has("tests") {
            for test in try file.objects("tests") { run(test, file, file, kind, path, &report) }
        } else {
            run(file, file, file, kind, path, &report)
        }
    }

    private static func run(
        _ test: CryptoVector, _ group: CryptoVector, _ file: CryptoVector, _ kind: CryptoVectorKind, _ path: String,
        _ report: inout ConformanceReport
    ) {
        // Tests without a number of their own are told by their place in the report.
        let name = test.identifier.map { "\(path): tcId \($0)" } ?? path
        do {
            switch try kind.run(CryptoVectorCase(test: test, group: group, file: file)) {
            case .agrees: report.pass()
            case .differs(let expected, let actual): report.fail("\(name): expected \(expected), got \(actual)")
            case .skipped(let what): report.skip(what)
            }
        } catch {
            report.fail("\(name): malformed: \(error)")
        }
    }

    private static func countTests(_ file: CryptoVector) throws -> Int {
        if file.has("testGroups") { return try file.objects("testGroups").reduce(0) { $0 + (try $1.objects("tests").count) } }
        return file.has("tests") ? try file.objects("tests").count : 1
    }

    /// What the file says that it is of; failing that, its folder and name.
    private static func unimplementedName(_ file: CryptoVector, path: String) -> String {
        if let name = file.text("parameterSet") ?? file.text("algorithm") { return name }
        let parts = path.split(separator: "/")
        let stem = parts.last.map { $0.dropLast(".json".count) } ?? ""
        return parts.count > 1 ? "\(parts[0]) \(stem)" : String(stem)
    }
}

/// What keeps a conformance run from starting.
public enum ConformanceError: Error, Equatable, CustomStringConvertible {
    case unreadableDirectory(String)

    public var description: String {
        switch self {
        case .unreadableDirectory(let path): "there is no readable directory at \(path)"
        }
    }
}
