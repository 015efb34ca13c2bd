// What happens next: a binary heap ordered by time and, within one moment, by the order of scheduling. The heap holds places alone, so
// that sifting moves no events.

/// A priority queue of events. Times are in microseconds of simulated time.
struct EventQueue<Event> {
    private struct Entry {
        let time: UInt64
        let sequence: UInt64
        let place: Int

        func precedes(_ other: Entry) -> Bool { time != other.time ? time < other.time : sequence < other.sequence }
    }

    private var heap: [Entry] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var sequence: UInt64 = 0

    var nextTime: UInt64? { heap.first?.time }

    mutating func add(_ event: Event, at time: UInt64) {
        sequence += 1
        let place = free.popLast() ?? events.count
        if place == events.count { events.append(event) } else { events[place] = event }
        heap.append(Entry(time: time, sequence: sequence, place: place))
        rise(from: heap.count - 1)
    }

    mutating func pop() -> (time: UInt64, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        guard let event = events[first.place].take() else { return nil }
        free.append(first.place)
        return (first.time, event)
    }

    private mutating func rise(from place: Int) {
        let entry = heap[place]
        var child = place
        while child > 0, entry.precedes(heap[(child - 1) / 2]) {
            heap[child] = heap[(child - 1) / 2]
            child = (child - 1) / 2
        }
        heap[child] = entry
    }

    private mutating func sink() {
        let entry = heap[0]
        var parent = 0
        while true {
            var least = 2 * parent + 1
            guard least < heap.count else { break }
            if least + 1 < heap.count, heap[least + 1].precedes(heap[least]) { least += 1 }
            guard heap[least].precedes(entry) else { break }
            heap[parent] = heap[least]
            parent = least
        }
        heap[parent] = entry
    }
}
