// Named blocks of a case as references and vertices: names stand for digests, so that their order is the digests' order.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

struct DagGraph {
    let stakes: Stakes
    /// Nil under the base rule.
    let fastPath: FastPath?
    private let blocks: [DagBlock]
    private var references: [String: BlockReference] = [:]
    private var names: [BlockReference: String] = [:]

    init(_ blocks: [DagBlock], n: Int, stakes each: [UInt64]?, rule: DagRule) throws {
        guard n > 0, n <= Stakes.validatorsMaximum, let stakes = Stakes(each ?? [Stake](repeating: 1, count: n)), stakes.count == n else {
            throw DagCaseError.malformed("n or stakes")
        }
        self.stakes = stakes
        fastPath = try rule.fastPath(stakes)
        self.blocks = blocks
        for block in blocks {
            let reference = try Self.reference(block)
            guard references.updateValue(reference, forKey: block.id) == nil else {
                throw DagCaseError.malformed("two blocks are called \(block.id)")
            }
            names[reference] = block.id
        }
    }

    private static func reference(_ block: DagBlock) throws -> BlockReference {
        let bytes = Array(block.id.utf8)
        guard bytes.count <= 32, let digest = Digest(bytes + [UInt8](repeating: 0, count: 32 - bytes.count)) else {
            throw DagCaseError.malformed("the block name '\(block.id)' is longer than 32 bytes")
        }
        return BlockReference(round: block.round, author: block.author, digest: digest)
    }

    func name(_ reference: BlockReference) -> String { names[reference] ?? "?" }

    /// The parents' references; a parent that is nowhere named gets one that nothing resolves.
    private func parents(_ block: DagBlock) -> [BlockReference] {
        block.parents.map { name in
            references[name] ?? Self.unknownReference(name, child: block)
        }
    }

    /// A name such as `B1` or `B1~1` tells author and round even where the block is missing.
    private static func unknownReference(_ name: String, child: DagBlock) -> BlockReference {
        let author = name.utf8.first.map { UInt32($0) &- 65 } ?? 0
        let digits = name.dropFirst().prefix { $0.isNumber }
        let digest = HashSuite.sha256.hash(Array(name.utf8))
        return BlockReference(round: Round(digits) ?? (child.round > 0 ? child.round - 1 : 0), author: author, digest: digest)
    }

    /// The graph of all blocks, or of a causally closed part.
    func dag(including subset: Set<String>?) throws -> DAG {
        var dag = DAG(stakes: stakes)
        for block in blocks where subset?.contains(block.id) ?? true {
            guard let reference = references[block.id] else { continue }
            dag.insert(Vertex(reference: reference, parents: parents(block), timestamp: block.ts ?? 0))
        }
        return dag
    }

    func closure(of ids: [String]) -> Set<String> {
        let byName = Dictionary(blocks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var found = Set(ids)
        var open = ids
        while let next = open.popLast() {
            for parent in byName[next]?.parents ?? [] where found.insert(parent).inserted { open.append(parent) }
        }
        return found
    }

    /// The rule that `block` breaks on top of the case's blocks; nil when it is acceptable.
    func verdict(_ block: DagBlock) -> String? {
        let isComplete = block.parents.allSatisfy { references[$0] != nil }
        do {
            try BlockRules.checkParents(round: block.round, author: block.author, parents: parents(block), stakes: stakes)
            if isComplete, fastPath != nil {
                try BlockRules.checkExposed(round: block.round, parents: parents(block), in: try dag(including: nil))
            }
        } catch let error as InvalidBlock {
            return error.name
        } catch {
            return "\(error)"
        }
        return isComplete ? nil : "missing_ancestor"
    }

    func invalidBlocks() -> [String] {
        blocks.filter { $0.round > 0 }.compactMap { block in verdict(block).map { "\(block.id) breaks \($0)" } }
    }

    func describe(_ status: SlotStatus) -> (status: String, block: String?, via: String?) {
        switch status {
        case .undecided: ("undecided", nil, nil)
        case .skip(let path): ("skip", nil, path.rawValue)
        case .commit(let leader, let path): ("commit", name(leader), path.rawValue)
        }
    }

    /// Whether a decision on a part of the graph is borne out by the whole: undecided may become anything, decisions may not change.
    func agree(_ part: SlotStatus, _ whole: SlotStatus) -> Bool {
        switch (part, whole) {
        case (.undecided, _), (.skip, .skip): true
        case (.commit(let left, _), .commit(let right, _)): left == right
        default: false
        }
    }
}
