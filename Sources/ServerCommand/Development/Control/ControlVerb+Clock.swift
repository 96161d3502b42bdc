import AuthorizationServer
import HTTPTypes
import OAuthProtocol

extension ControlVerb {
    static func clock(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/clock"
        @Sendable func reading() -> JSONObject {
            ["now": .integer(Int(ground.clock.now().secondsSinceEpoch)), "frozen": .bool(ground.clock.isFrozen)]
        }
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The time of server and providers, in seconds since 1970.",
                perform: { (_) async throws(ControlRefusal) in reading() }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary: "Sets, advances, stops or continues that time; maintenance that is due then runs.",
                members: [
                    Member(name: "now", type: "integer", summary: "The new time, in seconds since 1970."),
                    Member(name: "advance", type: "integer", summary: "Seconds to move forward."),
                    Member(name: "frozen", type: "boolean", summary: "Whether time is stopped from now on."),
                ],
                perform: { (request) async throws(ControlRefusal) in
                    let now = try request.number("now", 1...99_999_999_999)
                    let advance = try request.number("advance", 0...3_153_600_000)
                    guard now == nil || advance == nil else { throw .invalid("give now or advance, not both") }
                    guard now != nil || advance != nil || request.flag("frozen") != nil else {
                        throw .invalid("give now, advance or frozen")
                    }
                    if let now { ground.clock.set(to: Timestamp(secondsSinceEpoch: Int64(now))) }
                    if let advance { ground.clock.advance(by: .seconds(advance)) }
                    if let frozen = request.flag("frozen") { frozen ? ground.clock.freeze() : ground.clock.unfreeze() }
                    await ground.server.performMaintenance()
                    return reading()
                }
            ),
        ]
    }
}
