extension JapaneseText {
    /// The question for consent, and the words for scopes.
    static let consent = """
        consentTitle = アクセスを許可しますか?
        consentQuestion = {client} にアカウントの使用を許可しますか?
        deviceWithCode = このコードを表示しているデバイス
        answerSentTo = 応答の送信先
        itWillUse = 使用されるアカウント
        itMay = あなたに代わって許可される操作
        neverSeesPassword = {client} がパスワードを見ることはありません。{page}でアクセスを取り消すまで、あなたに代わって動作します。
        pageOfConnections = 接続の一覧のページ
        deny = 拒否
        approve = 承認
        registeredByOperator = このサーバーの運営者が登録しました。
        unverifiedName = この名前は確認されていません。アプリケーション自身が選んだものです。
        publishedByHost = 公開元: {host}。
        differentPublisher = アプリケーションの公開元は {publisher} ですが、応答は {destination} に送信されます。両者の関係を知っている場合だけ承認してください。
        loopback = 応答はこのコンピューター上のプログラムに送信されます。ご自身が今接続を開始した場合だけ承認してください。
        loopbackNamed = 応答はこのコンピューター上のプログラムに送信されます。どのプログラムも {client} と名乗ることができます。ご自身が今接続を開始した場合だけ承認してください。
        ownDevice = ご自身が開始し、<strong>ご自身のデバイスが今このコードを表示している</strong>場合だけ承認してください。別の人からコードやアドレスが送られてきた場合は拒否してください。承認すると、その人があなたとして行動できるようになります。
        askingFor = 要求する権限:
        onlyWhenNeeded = (必要なときだけ。そのときに尋ねられます)
        optional = (任意)
        knowLogin = ログインしたことを知る
        scopeOpenid = ここでのあなたが誰であるかを知る
        scopeProfile = 名前を見る
        scopeEmail = メールアドレスを見る
        scopeOffline = 不在の間も接続を保つ
        scopeAgents = このアクセスの範囲内でプログラムがあなたに代わって動作するためのトークンを作成し、終了する
        scopeConnections = プロバイダーのアカウントを見る、すべてのアプリケーションについて接続を解除する
        """
}
