// Care of a data directory while no validator runs on it.

import TrellisStorage

public enum DataDirectory {
    /// Cuts every damaged log at its first damage, after copying what was there; says what was done, a line per log. Throws when a
    /// validator holds the directory.
    public static func repair(_ path: String) throws -> [String] {
        let disk = try RealDisk(root: path)
        return try StoreLayout.repair(on: disk).map { repair in
            "cut \(repair.file) at byte \(repair.offset); kept \(repair.copies.joined(separator: ", "))"
        }
    }
}
