"""Client of Trellis validators: proposals, sealed ones too, and records over HTTP, receipts verified offline."""
from .client import AsyncClient as AsyncClient, Client as Client, Draft as Draft, Event as Event, UnverifiedDecision as UnverifiedDecision
from .errors import BadProofError as BadProofError, ClientError as ClientError, GenesisError as GenesisError
from .errors import MalformedError as MalformedError, ProblemError as ProblemError, ProofError as ProofError, TrellisError as TrellisError
from .errors import TimedOutError as TimedOutError, UnexpectedAnswerError as UnexpectedAnswerError, UnreachableError as UnreachableError
from .genesis import Genesis as Genesis
from .ledger import Decision as Decision, Outcome as Outcome, Proposal as Proposal, Record as Record, Verdict as Verdict
from .proof import VerifiedDecision as VerifiedDecision, VerifiedReceipt as VerifiedReceipt
from .proof import VerifiedRecord as VerifiedRecord, verify_receipt as verify_receipt
from .sealing import Sealing as Sealing, open_decision as open_decision, read_sealing_keys as read_sealing_keys
