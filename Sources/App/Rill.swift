@main
enum Rill { static func main() {} }
