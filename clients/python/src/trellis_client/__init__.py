"""Client of Trellis validators: proposals and records over HTTP, receipts verified offline, sealed envelopes."""
from .client import AsyncClient as AsyncClient, Client as Client, Event as Event, UnverifiedDecision as UnverifiedDecision
from .envelope import EnvelopeContext as EnvelopeContext, PrivateKey as PrivateKey, seal as seal, unseal as unseal
from .errors import BadProofError as BadProofError, ClientError as ClientError, EnvelopeError as EnvelopeError, GenesisError as GenesisError
from .errors import MalformedError as MalformedError, ProblemError as ProblemError, ProofError as ProofError, TrellisError as TrellisError
from .errors import TimedOutError as TimedOutError, UnexpectedAnswerError as UnexpectedAnswerError, UnreachableError as UnreachableError
from .genesis import Genesis as Genesis
from .ledger import Decision as Decision, Outcome as Outcome, Proposal as Proposal, Record as Record, Verdict as Verdict
from .proof import VerifiedDecision as VerifiedDecision, VerifiedReceipt as VerifiedReceipt
from .proof import VerifiedRecord as VerifiedRecord, verify_receipt as verify_receipt
