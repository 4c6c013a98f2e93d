import Foundation
import Testing

@testable import App

@Suite("Followers of a node's runs")
struct RunFollowersTests {
  private let run = UUID()
  private let other = UUID()
  private let first = UUID()
  private let second = UUID()

  @Test("a node counts once, however often it says that it follows")
  func repeated() {
    var followers = RunFollowers()
    let counts = [0, 3, 6].map { followers.follow(run: run, node: first, now: .seconds($0)) }
    #expect(counts == [true, false, false])
    #expect(followers.isFollowed(run) && !followers.isFollowed(other))
    let goes = [true, false].map { _ in followers.unfollow(run: run, node: first) }
    #expect(goes == [true, false])
    #expect(!followers.isFollowed(run))
  }

  @Test("a node that says nothing any more is forgotten after its time, and no sooner")
  func expiry() {
    var followers = RunFollowers()
    _ = followers.follow(run: run, node: first, now: .seconds(0))
    _ = followers.follow(run: run, node: second, now: .seconds(0))
    _ = followers.follow(run: run, node: second, now: .seconds(9))
    #expect(followers.takeExpired(now: RunFollowers.lifetime - .milliseconds(1)).isEmpty)
    #expect(followers.takeExpired(now: RunFollowers.lifetime) == [run])
    #expect(followers.isFollowed(run))
    #expect(followers.takeExpired(now: RunFollowers.lifetime + .seconds(9)) == [run])
    #expect(!followers.isFollowed(run))
  }

  @Test("news of a run go to each node that follows it, and to no other")
  func nodes() {
    var followers = RunFollowers()
    _ = followers.follow(run: run, node: first, now: .zero)
    _ = followers.follow(run: run, node: second, now: .zero)
    _ = followers.follow(run: other, node: second, now: .zero)
    let news = followers.nodes(following: [run, other])
    #expect(news[first] == [run])
    #expect(news[second].map(Set.init) == [run, other])
    followers.forget(run: run)
    #expect(followers.nodes(following: [run, other]) == [second: [other]])
  }
}
