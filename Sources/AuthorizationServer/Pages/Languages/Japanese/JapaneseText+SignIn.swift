extension JapaneseText {
    /// Signing in, and the steps of a login at several providers.
    static let signIn = """
        accountShared = このサーバーの別のユーザーが {upstream} のアカウントを接続しています。
        accountNew = {upstream} のアカウントはまだ接続されていません。
        legFor = 対象ユーザー
        justSignedIn = 今サインインしたユーザー
        legWarning = このユーザーのアプリケーションがそのアカウントを使えるようになります。両方ともご本人である場合だけ続けてください。
        notMe = 本人ではない
        deviceTitle = デバイスを接続
        deviceWrong = このコードは不明か、有効期限が切れています。デバイスのコードと比べるか、デバイスで最初からやり直してください。
        deviceEnter = デバイスまたは端末に表示されているコードを入力してください。
        deviceWarning = ご自身が開始した場合だけ続けてください。別の人からコードやこのアドレスが送られてきた場合は、ページを閉じてください。承認すると、その人があなたとして行動できるようになります。
        whoAreYou = どなたですか?
        signInToSee = 接続の一覧を見るにはサインインしてください。
        signInToConnect = ご自身のアカウントを接続するにはサインインしてください。
        signInToConnectAgain = ご自身のアカウントを接続するには、もう一度サインインしてください。
        signInToChange = 接続を変更するには、もう一度サインインしてください。
        signInWith = {upstream} でサインイン
        passwordUnseen = このサーバーがパスワードを見ることはありません。
        """
}
