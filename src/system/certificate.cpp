#include "system/certificate.hpp"

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

template <auto Free>
struct Deleter {
  void operator()(auto* pointer) const { Free(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<&X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<&BIO_free>>;

constexpr long kDay = 24L * 60 * 60;
constexpr long kAuthorityDays = 3650;
constexpr long kCertificateDays = 730;

std::string to_text(auto&& write) {
  const Memory memory{BIO_new(BIO_s_mem())};
  write(memory.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(const Key& key) {
  return to_text(
      [&](BIO* bio) { PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}
std::string pem(const Certificate& certificate) {
  return to_text([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
}

Certificate begin_certificate(const std::string& common_name, const Key& key, long days) {
  Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), 2);  // X.509 v3
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);  // clocks of clients may be behind
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * kDay);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key.get());
  return certificate;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  if (auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())) {
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
}

Result<Key> read_key(const Path& path) {
  const auto text = TRY(read_file(path));
  const Memory memory{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  Key key{PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr)};
  if (!key) return base::fail(Code::corrupt, "{} holds no private key", path.string());
  return key;
}

Result<Certificate> read_certificate(const Path& path) {
  const auto text = TRY(read_file(path));
  const Memory memory{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  Certificate certificate{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
  if (!certificate) return base::fail(Code::corrupt, "{} holds no certificate", path.string());
  return certificate;
}

std::string alternative_names(const CertificateRequest& request) {
  std::vector<std::string> parts;
  for (const auto& name : request.dns_names) parts.push_back("DNS:" + name);
  for (const auto& address : request.addresses) parts.push_back("IP:" + address);
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace

Result<> ensure_authority(const Path& folder) {
  TRY(make_directory(folder, 0700));
  if (std::filesystem::exists(folder / "ca.crt") && std::filesystem::exists(folder / "ca.key")) return {};
  const Key key{EVP_EC_gen("P-256")};
  const auto certificate = begin_certificate("pgbaton certificate authority", key, kAuthorityDays);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
    return base::fail(Code::failed, "the certificate authority could not be made");
  TRY(write_file_atomic(folder / "ca.key", pem(key), 0600));
  return write_file_atomic(folder / "ca.crt", pem(certificate), 0644);
}

Result<> issue_certificate(const Path& authority, const CertificateRequest& request, const Path& certificate_file,
                           const Path& key_file) {
  const auto issuer = TRY(read_certificate(authority / "ca.crt"));
  const auto issuer_key = TRY(read_key(authority / "ca.key"));
  const Key key{EVP_EC_gen("P-256")};
  const auto certificate = begin_certificate(request.common_name, key, kCertificateDays);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  add_extension(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer.get(), NID_ext_key_usage,
                request.usage == Usage::server ? "serverAuth" : "clientAuth");
  if (const auto names = alternative_names(request); !names.empty())
    add_extension(certificate.get(), issuer.get(), NID_subject_alt_name, names);
  add_extension(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  if (X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) == 0)
    return base::fail(Code::failed, "the certificate for {} could not be signed", request.common_name);
  TRY(write_file_atomic(key_file, pem(key), 0600));
  return write_file_atomic(certificate_file, pem(certificate), 0644);
}

}  // namespace pgbaton::system
