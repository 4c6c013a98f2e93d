import Graph

@testable import Storage

/// The stores of the one owner that most tests are about.
extension SQLiteDatabase {
  var everyone: Stores { stores(of: .everyone) }

  var conversations: any ConversationStore { everyone.conversations }
  var runs: any RunStore { everyone.runs }
  var checkpointer: any Checkpointer { everyone.checkpointer }
  var knowledge: any KnowledgeStore { everyone.knowledge }
  var embeddings: any EmbeddingStore { everyone.embeddings }

  var knowledgeStores: KnowledgeStores {
    KnowledgeStores(knowledge: knowledge, ingestion: everyone.ingestion, embeddings: embeddings)
  }

  var runStores: RunStores {
    RunStores(runs: runs, conversations: conversations, checkpointer: checkpointer)
  }
}
