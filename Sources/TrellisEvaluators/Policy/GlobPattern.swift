// Glob matching by characters: `*`, `?` and `[…]`, in time bounded by the product of the lengths, without recursion.

/// A compiled glob. `*` matches any run, `?` one character, `[a-z]` and `[!a-z]` one of a set, a backslash makes the next character plain.
struct GlobPattern: Sendable, Equatable {
    private enum Element: Sendable, Equatable {
        case star
        case any
        case one(Unicode.Scalar)
        case set([ClosedRange<UInt32>], isNegated: Bool)

        func accepts(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .star: false
            case .any: true
            case .one(let expected): expected == scalar
            case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar.value) } != isNegated
            }
        }
    }

    private var elements: [Element] = []

    init(_ pattern: String) {
        let scalars = Array(pattern.unicodeScalars)
        var index = 0
        var canClose = true
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": if elements.last != .star { elements.append(.star) }
            case "?": elements.append(.any)
            case "\\" where index < scalars.count:
                elements.append(.one(scalars[index]))
                index += 1
            case "[" where canClose:
                if let (element, next) = Self.set(in: scalars, from: index) {
                    elements.append(element)
                    index = next
                } else {
                    canClose = false
                    elements.append(.one(scalar))
                }
            default: elements.append(.one(scalar))
            }
        }
    }

    /// The set that starts after the bracket before `start`, and the index after its end; nil when the bracket is never closed.
    private static func set(in scalars: [Unicode.Scalar], from start: Int) -> (Element, Int)? {
        var index = start
        var isNegated = false
        if index < scalars.count, scalars[index] == "!" || scalars[index] == "^" {
            isNegated = true
            index += 1
        }
        var ranges: [ClosedRange<UInt32>] = []
        let first = index
        while index < scalars.count {
            if scalars[index] == "]", index > first { return (.set(ranges, isNegated: isNegated), index + 1) }
            let low = scalars[index].value
            if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index + 2] != "]" {
                let high = scalars[index + 2].value
                if low <= high { ranges.append(low...high) }
                index += 3
            } else {
                ranges.append(low...low)
                index += 1
            }
        }
        return nil
    }

    /// True when the whole of `text` fits.
    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var element = 0
        var position = 0
        var lastStar: Int?
        var starPosition = 0
        while position < scalars.count {
            if element < elements.count, elements[element] == .star {
                lastStar = element
                starPosition = position
                element += 1
            } else if element < elements.count, elements[element].accepts(scalars[position]) {
                element += 1
                position += 1
            } else if let star = lastStar {
                element = star + 1
                starPosition += 1
                position = starPosition
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { $0 == .star }
    }
}
