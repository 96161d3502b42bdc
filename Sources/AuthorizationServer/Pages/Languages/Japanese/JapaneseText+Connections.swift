extension JapaneseText {
    /// The page of a user’s connections and applications.
    static let connections = """
        applications = アプリケーション
        noApplications = アクセスできるアプリケーションはありません。
        removeAll = すべてのアプリケーションのアクセスを削除
        removeAccess = アクセスを削除
        noAccessNow = 現在アクセスなし
        hasAccess = アクセス可能
        answersGoTo = 応答の送信先
        since = 開始
        publishedBy = 公開元
        notAskedUntil = {resource} については {time} まで再び尋ねられません。
        askMeAgain = 再び尋ねる
        connectText = アクセスを許可したアプリケーションが、そこでのあなたのアカウントを必要としています。
        itNeeds = 必要な権限
        enteredText = アクセスを許可したアプリケーションが、そこでのあなたの認証情報を必要としています。入力した内容は暗号化して保管され、あなたに代わってこのサービスに要求するために使われます。
        enteredUnusable = {label} が未入力か、長すぎるか、使えない文字を含んでいます。
        enteredMismatch = {label} の形式が正しくありません。
        enteredRefused = サービスが受け入れませんでした。何も保存されていません。
        enteredUnavailable = 現在サービスに問い合わせできません。何も保存されていません。後でもう一度お試しください。
        whereToFind = 確認できる場所
        overview = サインイン済みです。アクセスを許可したアプリケーションは、あなたに代わってこれらのアカウントを使うことができます。
        overviewNamed = {name} としてサインイン済みです。アクセスを許可したアプリケーションは、あなたに代わってこれらのアカウントを使うことができます。
        nothingConnected = 接続されているものはありません。
        signOutHere = ここでサインアウト
        signOutEverywhere = すべてのブラウザーでサインアウト
        connectAgain = {upstream} を再び接続
        useByDefault = このアカウントを既定として使う
        byDefault = 既定
        byDefaultText = アプリケーションが別のアカウントを指定しない場合に使われます
        endsSoon = まもなく終了
        endsSoonText = {time}（それまでに再接続してください）
        connected = 接続
        refreshed = 更新
        disconnectIt = {upstream} の接続を解除
        notConnected = 未接続
        works = 正常
        connectItAgain = 再接続が必要です
        endedByProvider = プロバイダーが終了しました
        providerRefuses = プロバイダーがこのサーバーを拒否しています。運営者に連絡してください
        """
}
