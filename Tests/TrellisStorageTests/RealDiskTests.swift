// The real disk, and that the simulated one answers as it does.

import Testing

@testable import TrellisStorage

@Suite struct RealDiskTests {
    @Test func oneProcessHoldsADirectory() throws {
        let directory = try TemporaryDirectory()
        do {
            let first = try RealDisk(root: directory.path)
            let error = storageError { _ = try RealDisk(root: directory.path) }
            guard case .locked(first.root, let holder) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(holder.hasPrefix("process "))
            #expect(error?.hint?.contains("other process") == true)
        }
        _ = try RealDisk(root: directory.path)
    }

    @Test func filesAreReplacedListedAndRemoved() throws {
        let directory = try TemporaryDirectory()
        let disk = try RealDisk(root: directory.path + "/a/b")
        #expect(try disk.list("c").isEmpty)
        try disk.createDirectory("c/d")
        try disk.createDirectory("c/d")
        try disk.replace("c/two", with: [2])
        try disk.replace("c/one", with: [1])
        try disk.replace("c/one", with: [1, 1])
        #expect(try disk.list("c") == ["one", "two"])
        #expect(try disk.contents("c/one") == [1, 1])
        #expect(try disk.exists("c/one"))
        try disk.remove("c/one")
        try disk.remove("c/one")
        try disk.syncDirectory("c")
        #expect(try !disk.exists("c/one"))
        #expect(storageError { _ = try disk.open("c/one") } == .missing(path: disk.root + "/c/one"))
    }

    @Test func readsStopAtTheEnd() throws {
        let directory = try TemporaryDirectory()
        for disk in [try RealDisk(root: directory.path), SimulatedDisk()] as [any Disk] {
            try disk.replace("file", with: Array(0..<100))
            let file = try disk.open("file")
            #expect(try file.read(at: 90, count: 50) == Array(90..<100))
            #expect(try file.read(at: 100, count: 50).isEmpty)
            #expect(try file.read(at: 500, count: 50).isEmpty)
            try file.write([7, 7], at: 99)
            try file.sync()
            #expect(try file.size() == 101)
            try file.truncate(to: 3)
            #expect(try file.read(at: 0, count: 9) == [0, 1, 2])
        }
    }
}
