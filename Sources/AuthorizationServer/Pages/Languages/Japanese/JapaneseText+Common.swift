extension JapaneseText {
    /// Words that several pages use.
    static let common = """
        startAgain = アプリケーションに戻って、最初からやり直してください。
        startAgainWithCookies = Cookie を許可したうえで、アプリケーションに戻って最初からやり直してください。
        informDevelopers = アプリケーションに戻って最初からやり直してください。再び失敗する場合は、その開発者に知らせてください。
        waitAndRetry = 1 分待ってから、もう一度お試しください。
        askOperator = 再試行しても解決しない可能性があります。このサーバーの運営者に問い合わせてください。参照番号から原因がわかります。
        chooseAnotherAccount = アプリケーションに戻って最初からやり直し、別のアカウントを選んでください。
        reference = 参照番号: {id}
        yourConnections = 接続の一覧
        signedIn = サインイン済み
        signedInAs = サインイン中のユーザー
        connectIt = {upstream} を接続
        connectQuestion = {upstream} を接続しますか?
        notNow = 今はしない
        onlyIfYou = ご自身のアプリケーションからここに移動し、表示されているのがご本人である場合だけ続けてください。
        signOutNotYou = ご本人ではありませんか? ここでサインアウト
        namelessApplication = 名前のないアプリケーション
        allowed = 許可
        accessTo = アクセス先
        account = アカウント
        used = 使用
        notYet = まだありません
        closePage = このページを閉じて、アプリケーションに戻ってください。
        nothingChanged = 何も変更されていません。
        requestFailedTitle = 要求は失敗しました
        unknownTime = 不明
        unreadableAddress = 読み取れないアドレス
        applicationHere = このコンピューター上のアプリケーション ({host})
        schemeOwner = {scheme}: を所有するアプリケーション
        extensionIn = {program} の拡張機能 {id}
        accessNotGranted = アクセスは許可されませんでした
        loginFailed = ログインに失敗しました
        closeOrReturn = このページを閉じるか、{client} が登録したアドレス {destination} に戻ることができます。
        theApplication = アプリケーション
        returnTo = {destination} に戻る
        code = コード
        proceed = 続ける
        signIn = サインイン
        help = ヘルプ
        imprint = 運営者情報
        """
}
