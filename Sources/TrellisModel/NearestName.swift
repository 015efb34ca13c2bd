// Finds what a person most likely meant by a name nobody knows.

/// The known name with the smallest edit distance, or nil when none is near. Long names are not compared: they are bounded before.
public func nearestName(to name: String, among known: [String]) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    let ranked = known.map { (name: $0, distance: editDistance(Array(name.utf8), Array($0.utf8))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, name.utf8.count / 3) ? best.name : nil
}

/// Insertions, deletions and substitutions of bytes (Levenshtein).
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            let replaced = previous[column] + (byte == other ? 0 : 1)
            current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
        }
        previous = current
    }
    return previous.last ?? left.count
}
