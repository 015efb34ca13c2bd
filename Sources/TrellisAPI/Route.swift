// One operation of the API: where it is, what it takes and gives, and the code that answers. The table of routes is the one source of
// both the dispatch and the OpenAPI document.

import Hummingbird
import TrellisAccess
import TrellisJSON

struct Route: Sendable {
    typealias Handler = @Sendable (Exchange) async throws(Problem) -> Response

    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    /// A query parameter or request header.
    struct Parameter: Sendable {
        let name: String
        let summary: String
        let schema: JSON
    }

    /// A body that is taken or given.
    struct Content: Sendable {
        let type: String
        let schema: JSON
    }

    struct Reply: Sendable {
        let status: HTTPResponse.Status
        let summary: String
        let contents: [Content]

        init(_ status: HTTPResponse.Status, _ summary: String, _ contents: [Content]) {
            self.status = status
            self.summary = summary
            self.contents = contents
        }
    }

    let method: Method
    /// Segments in braces stand for any text.
    let path: String
    let identifier: String
    let summary: String
    var query: [Parameter] = []
    var headers: [Parameter] = []
    /// What it takes; none for an operation without a body.
    var bodies: [Content] = []
    /// The most bytes of a body.
    var bodyLimit = 0
    let replies: [Reply]
    /// What a client must be permitted; nil: anybody may ask.
    var permission: Permission? = .read
    /// Statuses of the problem documents this operation can give, besides 400 and 500.
    var problems: [HTTPResponse.Status] = []
    /// Whether it changes what the validator does, which is for its operator alone: from the machine that it runs on.
    var changesValidator = false
    var handle: Handler
}
