// The OpenAPI 3.1 document, written from the table of routes.

import Hummingbird
import TrellisJSON
import TrellisModel

enum OpenAPI {
    static let path = "/openapi.json"

    /// The route that serves the document on `routes` and itself.
    static func route(of routes: [Route]) -> Route {
        var own = Route(
            method: .get, path: path, identifier: "getOpenAPI", summary: "This document.",
            replies: [Route.Reply(.ok, "The OpenAPI document.", [Schema.document])], permission: nil,
            handle: { _ async throws(Problem) in Response(.null) })
        let bytes = document(of: routes + [own]).bytes
        own.handle = { _ async throws(Problem) in Response(status: .ok, contentType: ContentType.json, bytes: bytes) }
        return own
    }

    static func document(of routes: [Route]) -> JSON {
        var paths: [JSON.Member] = []
        for route in routes where !paths.contains(where: { $0.name == route.path }) {
            let operations = routes.filter { $0.path == route.path }
            paths.append(.init(route.path, .object(operations.map { .init($0.method.rawValue.lowercased(), operation($0)) })))
        }
        return .members([
            "openapi": "3.1.0",
            "info": .members([
                "title": "Trellis", "version": .string(Release.version),
                "description": "Proposals decided by a committee, with receipts that anyone verifies offline.",
                "license": .members(["name": "Apache-2.0", "identifier": "Apache-2.0"]),
            ]),
            "paths": .object(paths),
            "components": .members([
                "schemas": Schema.components,
                "securitySchemes": .members([
                    "token": .members(["type": "http", "scheme": "bearer", "description": "A token of one of the validator's clients."]),
                    "signature": .members([
                        "type": "apiKey", "in": "header", "name": "Signature",
                        "description":
                            "RFC 9421 with a client's ML-DSA key, beside Signature-Input; Accept-Signature tells what it covers.",
                    ]),
                ]),
            ]),
        ])
    }

    private static func operation(_ route: Route) -> JSON {
        var parameters: [JSON] = []
        for segment in route.path.split(separator: "/") where segment.first == "{" {
            let identifier = Route.Parameter(
                name: String(segment.dropFirst().dropLast()), summary: "64 hexadecimal digits.", schema: Schema.digest)
            parameters.append(parameter(identifier, in: "path"))
        }
        parameters += route.query.map { parameter($0, in: "query") }
        parameters += route.headers.map { parameter($0, in: "header") }
        var replies = route.replies.map { JSON.Member(String($0.status.code), reply($0.summary, $0.contents)) }
        for status in problems(of: route) {
            replies.append(.init(String(status.code), reply(status.reasonPhrase, [Schema.problem])))
        }
        let body = JSON.members(["required": .bool(true), "content": content(route.bodies)])
        return .members([
            "operationId": .string(route.identifier), "summary": .string(route.summary),
            "parameters": parameters.isEmpty ? nil : .array(parameters), "requestBody": route.bodies.isEmpty ? nil : body,
            "responses": .object(replies),
            // The last one: none, where the listener is open.
            "security": route.permission == nil
                ? nil : .array([.members(["signature": .array([])]), .members(["token": .array([])]), .members([:])]),
        ])
    }

    /// What any operation can give comes first: a wrong parameter, a body where none is taken, an internal error;
    /// and what the door says.
    private static func problems(of route: Route) -> [HTTPResponse.Status] {
        let doors: [HTTPResponse.Status] = route.permission == nil ? [] : [.unauthorized, .forbidden]
        let everywhere: [HTTPResponse.Status] = [.badRequest, .contentTooLarge, .internalServerError] + doors
        return everywhere + route.problems.filter { !everywhere.contains($0) }
    }

    private static func parameter(_ parameter: Route.Parameter, in place: String) -> JSON {
        .members([
            "name": .string(parameter.name), "in": .string(place), "required": .bool(place == "path"),
            "description": .string(parameter.summary), "schema": parameter.schema,
        ])
    }

    private static func reply(_ summary: String, _ contents: [Route.Content]) -> JSON {
        .members(["description": .string(summary), "content": content(contents)])
    }

    private static func content(_ contents: [Route.Content]) -> JSON {
        .object(contents.map { .init($0.type, .members(["schema": $0.schema])) })
    }
}
