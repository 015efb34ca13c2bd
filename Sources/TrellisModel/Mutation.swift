// Deliberate mistakes in the protocol, to see that the simulator finds every one of them. None is ever planted but by it; each stands as one
// word beside the rule that it breaks.

package enum Mutation: String, Sendable, CaseIterable {
    // Votes and commits.
    case quorumOneShort = "quorum-one-short"
    case certificateOneVoteLess = "certificate-one-vote-less"
    case voteWithoutParentLink = "vote-without-parent-link"
    case twinsShareVotes = "twins-share-votes"
    case equivocationCountedTwice = "equivocation-counted-twice"
    case indirectRuleSkipped = "indirect-rule-skipped"
    case undecidedAnchorPassedOver = "undecided-anchor-passed-over"
    case anchorTooEarly = "anchor-too-early"
    case fastVotesOneShort = "fast-votes-one-short"
    case evidenceIgnored = "evidence-ignored"
    case standingForgotten = "standing-forgotten"
    // Order.
    case historyUnsorted = "history-unsorted"
    case outputForgotten = "output-forgotten"
    case collectionOffByOne = "collection-off-by-one"
    case timestampsUnclamped = "timestamps-unclamped"
    case duplicatesExecuted = "duplicates-executed"
    // What a crash must not undo.
    case highWaterMarkForgotten = "high-water-mark-forgotten"
    case syncLeftOut = "sync-left-out"
    case ownBlockNotAdopted = "own-block-not-adopted"
    // What a lost disk must not undo.
    case recallNotAsked = "recall-not-asked"
    case recallCountsItself = "recall-counts-itself"
    case recallOneRoundShort = "recall-one-round-short"
    case recallByOwnBlocks = "recall-by-own-blocks"
    // Validity.
    case ownParentNotFirst = "own-parent-not-first"
    case parentsTwice = "parents-twice"
    case parentQuorumUnchecked = "parent-quorum-unchecked"
    case signatureUnchecked = "signature-unchecked"
    case certificateUnchecked = "certificate-unchecked"
    case rangeEndUnchecked = "range-end-unchecked"
    case stateUnchecked = "state-unchecked"
    case foundationUnchecked = "foundation-unchecked"
    // Bounds.
    case suspendedUnbounded = "suspended-unbounded"
    case twinsUnbounded = "twins-unbounded"
    case heldUnbounded = "held-unbounded"
    case fetchesUnbounded = "fetches-unbounded"
    case leaderTimerUnbounded = "leader-timer-unbounded"
    // Attestations.
    case attestationBeforeExecution = "attestation-before-execution"
    case certifiedTooEarly = "certified-too-early"
    // Going on, and falling quiet.
    case pacingRuleRemoved = "pacing-rule-removed"
    case missingNotFetched = "missing-not-fetched"
    case futureNeverLetIn = "future-never-let-in"
    case reclaimedForgotten = "reclaimed-forgotten"
    case neverQuiet = "never-quiet"

    /// Whether only somebody who is far behind, and asks a liar, runs into it.
    package var isAboutCatchingUp: Bool { [.rangeEndUnchecked, .stateUnchecked, .foundationUnchecked].contains(self) }

    /// Whether only the FinWhale rule can be broken by it.
    package var isAboutFastPath: Bool { [.fastVotesOneShort, .evidenceIgnored].contains(self) }

    /// The one that is planted in what runs inside `$planted.withValue`.
    @TaskLocal package static var planted: Mutation?

    @inline(__always)
    package static func isPlanted(_ mutation: Mutation) -> Bool { planted == mutation }
}
