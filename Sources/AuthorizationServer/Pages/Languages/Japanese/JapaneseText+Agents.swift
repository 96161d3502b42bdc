extension JapaneseText {
    /// Agents of a user and the form that makes one.
    static let agents = """
        agents = エージェント
        noAgents = トークンを持つエージェントはありません。
        madeBy = 作成者
        madeByYou = あなた (このページで)
        madeByApplication = アクセスできるアプリケーション
        ends = 終了
        endAgent = このエージェントを終了
        agentForm = エージェント用のトークン
        agentFormText = トークンを持つプログラムは、この範囲内であなたに代わって動作します。表示されるのは 1 回だけです。
        agentName = 名前
        yourAccounts = あなたのアカウント
        endsAfter = 有効期間
        oneDay = 1 日
        days = {count} 日
        makeToken = トークンを作成
        """
}
