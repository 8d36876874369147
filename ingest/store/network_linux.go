package store

import "golang.org/x/sys/unix"

// networks are the file systems whose locks or shared memory SQLite's WAL mode
// cannot rely on, by the f_type of statfs(2).
var networks = map[int64]bool{
	unix.NFS_SUPER_MAGIC: true, unix.SMB_SUPER_MAGIC: true, unix.CIFS_SUPER_MAGIC: true, unix.SMB2_SUPER_MAGIC: true,
	unix.FUSE_SUPER_MAGIC: true, unix.V9FS_MAGIC: true, unix.CODA_SUPER_MAGIC: true, unix.AFS_SUPER_MAGIC: true,
	unix.CEPH_SUPER_MAGIC: true,
}

func network(folder string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(folder, &fs) == nil && networks[int64(uint32(fs.Type))]
}
