extension Duration {
    static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    static func hours(_ count: Int64) -> Duration { .minutes(count * 60) }
    static func days(_ count: Int64) -> Duration { .hours(count * 24) }
}
