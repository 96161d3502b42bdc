/// Performs an attack's actions when they are due, between the requests of the legitimate load.
final class AttackSchedule {
    private let attack: any Attack
    private let crowd: Crowd
    private let interval: Double
    private var nextDue = 0.0

    /// How many actions may be late at once: more are left out, because the load has one thread.
    private static let lateMax = 16.0

    init(_ attack: any Attack, _ crowd: Crowd) {
        self.attack = attack
        self.crowd = crowd
        interval = 1e9 / attack.actionsPerSecond
    }

    func turn(_ now: UInt64) {
        nextDue = max(nextDue, Double(now) - interval * Self.lateMax)
        // One at a time: legitimate requests are due in between.
        if nextDue <= Double(now) {
            nextDue += interval
            attack.act(crowd)
        }
        crowd.receive(for: attack)
    }
}
