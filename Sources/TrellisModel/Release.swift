// Which release of Trellis this is, as the command, the API's description and the tools for agents name it.

public enum Release {
    /// By Semantic Versioning; `-dev` until it is released.
    public static let version = "0.2.0-dev"
}
