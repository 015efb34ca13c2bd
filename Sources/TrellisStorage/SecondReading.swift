// What is read wrong once, by a cable, a controller or memory, is no damage to the disk: nothing is given up for one reading.

/// What `read` finds; if it finds nothing that is whole, what it finds the second time.
package func readTwice<Value, Failure: Error>(_ read: () throws(Failure) -> Value?) throws(Failure) -> Value? {
    if let found = try read() { return found }
    return try read()
}

/// What `open` opens; if it finds damage, what it opens the second time.
func openTwice<Value>(_ open: () throws(StorageError) -> Value) throws(StorageError) -> Value {
    do { return try open() } catch { return try open() }
}
